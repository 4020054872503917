import { randomInt } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HoldfastError } from '../model/errors.ts';
import { reportPage } from '../report/page.ts';
import { type Log, type LogRead, readLogs, type Span } from '../report/read.ts';
import { tableLines } from '../report/table.ts';
import { writeAtomic } from '../store/files.ts';
import type { VerbIo } from './io.ts';

export interface ReportFlags {
  readonly html?: string;
  readonly since?: string;
  readonly until?: string;
}

/** `holdfast report`: what access logs say of page requests and addresses, by kind; needs no configuration. */
export async function reportVerb(io: VerbIo, names: readonly string[], flags: ReportFlags): Promise<number> {
  const span: Span = {
    since: timeOf('--since', flags.since) ?? Number.NEGATIVE_INFINITY,
    until: timeOf('--until', flags.until) ?? Number.POSITIVE_INFINITY,
  };
  const logs = await Promise.all(names.map((name) => logOf(io, name)));
  const word = (): number => randomInt(2 ** 32);
  const report = await readLogs(logs, { salt: [word(), word()], span }, io.signal);
  for (const log of report.logs) tellTrouble(io, log);
  if (report.logs.every(({ read }) => read === 0)) throw nothingRead(names);
  if (flags.html !== undefined) await writeAtomic(resolve(io.cwd, flags.html), reportPage(report));
  if (io.json) io.print(JSON.stringify(report));
  else for (const line of tableLines(report)) io.print(line);
  return 0;
}

/** ISO 8601; without a zone it is UTC, as the report's own times are. */
function timeOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, day, time, zone] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? [];
  const at = Date.parse(`${day}T${time ?? '00:00'}${zone ?? 'Z'}`);
  if (!Number.isNaN(at)) return at;
  throw new HoldfastError('usage', `${flag} ${text} is not a time`, { hint: 'write it as 2026-11-21T09:30 (UTC)' });
}

/** A name that cannot be read is told before the first log is, which may take minutes. */
async function logOf({ cwd, input }: VerbIo, name: string): Promise<Log> {
  if (name === '-') return { name: 'standard input', bytes: input };
  const path = resolve(cwd, name);
  const cause = await access(path, constants.R_OK).catch((error: unknown) => error);
  if (cause !== undefined || (await stat(path)).isDirectory()) {
    const hint = 'name access logs, or - for standard input';
    throw new HoldfastError('usage', `${name} cannot be read`, { cause, hint });
  }
  return { name, bytes: () => createReadStream(path, { highWaterMark: 262_144 }) };
}

function tellTrouble(io: VerbIo, { name, format, read, bad, cut }: LogRead): void {
  if (cut) io.note(`${name}: its compressed bytes are damaged or end early; counted is what came before`);
  if (bad === 0) return;
  if (format === undefined) io.note(`${name}: none of its ${bad} lines is of a known format`);
  else io.note(`${name}: ${bad} of ${bad + read} lines could not be read as ${format}; they are not counted`);
}

function nothingRead(names: readonly string[]): HoldfastError {
  return new HoldfastError('usage', `no request was found in ${names.join(', ')}`, {
    hint: "report reads the JSON logs of `holdfast edge nginx` and of Caddy, the combined format, and CloudFront's standard logs",
  });
}
