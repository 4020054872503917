// takes: 30 s
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { caddy } from './caddy-driver.ts';
import { filling } from './filling.ts';
import { matrix } from './matrix.ts';
import { serving } from './serving.ts';

matrix(caddy);
serving(caddy);
filling(caddy, {
  async readBack(_, { scratch }) {
    const file = join(scratch, 'Caddyfile');
    const limits = { maxBuffer: 100_000_000, env: { ...process.env, HOME: scratch } };
    const adapted = await promisify(execFile)('/usr/bin/caddy', ['adapt', '--config', file], limits);
    const objects = objectsIn(JSON.parse(adapted.stdout));
    const comments = objects.find(({ method }) => String(method) === 'POST')?.['path_regexp'] as { pattern: string };
    const patterns = comments.pattern.replaceAll('\\x60', '`').replaceAll('\\x7b', '\\{');
    const root = objects.find(({ handler, root: folder }) => handler === 'vars' && folder !== undefined)?.['root'];
    const { mappings } = objects.find(({ handler }) => handler === 'map') as { mappings: { outputs: string[] }[] };
    const redirects = mappings.map(({ outputs: [marker, , to] }) => `${marker}\t${to}`);
    return { redirects, patterns: patterns.split(/\|(?=\^)/), root: String(root) };
  },
});

/** Every object of a configuration, outermost first. */
function objectsIn(value: unknown): readonly Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  if (typeof value !== 'object' || value === null) return [];
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(objectsIn)];
}
