import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { importsOf } from './imports.ts';

/** One test file and what its first lines ask of the runner. */
export interface TestFile {
  /** Relative to the project, with slashes: 'test/model/address.test.ts'. */
  readonly path: string;
  /** `// exclusive`: no other file runs beside it, since it is sensitive to load. */
  readonly exclusive: boolean;
  /** `// waits`: it spends its time waiting and needs no processor of its own. */
  readonly waits: boolean;
  /** It, or what it imports, asks for programs that may have to be installed first. */
  readonly needsParts: boolean;
  /** `// takes: 60 s` or so, where that is long: it begins before what is short. */
  readonly takes: number;
  /** `// time limit: 300 s`, for a file that needs more than the usual. */
  readonly limitMs: number;
}

/** Far above what any file takes, on two cores that others use too (most end within ten seconds). */
const USUAL_LIMIT_MS = 360_000;
/** Directives stand in the first lines, so that nobody has to look for them. */
const HEAD_LINES = 5;

/** Test files below `folder`, the ones that take long first; `patterns` are parts of their paths, none means all. */
export function findTests(root: string, folder: string, patterns: readonly string[]): TestFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith(join(folder, 'bench')))
    .filter((path) => matches(path, patterns))
    .sort()
    .map((path) => ({
      path,
      ...directivesOf(readFileSync(join(root, path), 'utf8')),
      needsParts: asksForParts(join(root, path)),
    }))
    .sort((a, b) => b.takes - a.takes);
}

/** Whether a path holds one of the patterns; no patterns match every path. */
export function matches(path: string, patterns: readonly string[]): boolean {
  return patterns.length === 0 || patterns.some((pattern) => path.includes(pattern));
}

/** Where a suite says what it cannot run without: `{ needs: ['nginx'] }`. */
const NEEDS = /\bneeds\b[^\n]*\[\s*'/;

function asksForParts(file: string, seen = new Set<string>()): boolean {
  if (seen.has(file)) return false;
  seen.add(file);
  const source = readFileSync(file, 'utf8');
  if (NEEDS.test(source)) return true;
  return importsOf(source)
    .filter((path) => path.startsWith('.') && path.endsWith('.ts'))
    .map((path) => join(dirname(file), path))
    .filter((path) => /[\\/]test[\\/]/.test(path))
    .some((path) => asksForParts(path, seen));
}

function directivesOf(source: string): Omit<TestFile, 'path' | 'needsParts'> {
  const head = source.split('\n').slice(0, HEAD_LINES).join('\n');
  const limit = /^\/\/ time limit: (\d+) s$/m.exec(head)?.[1];
  return {
    exclusive: /^\/\/ exclusive\b/m.test(head),
    waits: /^\/\/ waits\b/m.test(head),
    takes: Number(/^\/\/ takes: (\d+) s$/m.exec(head)?.[1] ?? 0),
    limitMs: limit ? Number(limit) * 1000 : USUAL_LIMIT_MS,
  };
}
