import type { ReadBack } from '../../destination.ts';
import type { Folder } from '../layout/tree.ts';
import type { Remote } from './remote.ts';
import { commands, fed, quoted } from './shell.ts';

/** Files below `trees`, by path, and the SHA-256 each should have. */
export type Sums = ReadonlyMap<string, string>;

/** Reads files there, every byte, and gives those that are not as they should be. */
export async function wrongAmong(
  { layout, connection }: Remote,
  sums: Sums,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadBack['state']>> {
  if (sums.size === 0) return new Map();
  const lines = [`cd ${quoted(layout.trees)}`, checked(sums)];
  return wrongIn(await connection.run({ lines, isLong: true }, signal));
}

/** Reads folders there and gives the hashes of those that lack a name, or hold something else at one. */
export async function unsoundAmong(
  { layout, connection }: Remote,
  folders: readonly Folder[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (folders.length === 0) return new Set();
  const sums = folders.flatMap(({ hash, files }) =>
    [...files].map(([name, { sha256 }]) => [`${hash}/${name}`, sha256] as const),
  );
  const linked = folders.filter(({ folders: children }) => children.size > 0);
  const lines = [
    `cd ${quoted(layout.trees)}`,
    ...(sums.length === 0 ? [] : [checked(new Map(sums))]),
    // One that cannot be read says nothing, so that the answer is shorter than it should be.
    `links() { echo "/$1"; if cd "$1" 2>/dev/null; then shift; readlink -- "$@" || :; cd ..; fi; }`,
    ...linked.flatMap(({ hash, folders: children }) => [...commands(`links ${hash}`, children.keys())]),
  ];
  const said = await connection.run({ lines, isLong: true }, signal);
  const targets = targetsIn(said);
  const misled = linked.filter(({ hash, folders: children }) => {
    const wanted = [...children.values()].map((child) => `../${child.hash}`);
    return targets.get(hash)?.join('\n') !== wanted.join('\n');
  });
  const broken = [...wrongIn(said).keys()].map((path) => path.slice(0, path.indexOf('/')));
  return new Set([...broken, ...misled.map(({ hash }) => hash)]);
}

/** A command that names each file that does not have its sum, or cannot be read; in the folder that the paths start from. */
function checked(sums: Sums): string {
  // Exit code 1 is for files that are not as listed; what is wrong with them is in the answer.
  return fed('sha256sum --check --quiet 2>/dev/null', listOf(sums), ' || [ $? -eq 1 ]');
}

/** A list as `sha256sum` writes and reads one. */
export function listOf(sums: Sums): string {
  return [...sums].map(([path, sha256]) => `${sha256}  ${path}`).join('\n');
}

function wrongIn(said: string): ReadonlyMap<string, ReadBack['state']> {
  const wrong = new Map<string, ReadBack['state']>();
  for (const line of said.split('\n')) {
    const [, escaped = '', path, unread] = /^(\\?)([0-9a-f]{48}\/.*): FAILED( open or read)?$/.exec(line) ?? [];
    if (path === undefined) continue;
    // Some versions of sha256sum write a backslash twice, and say so by one at the beginning of the line.
    wrong.set(escaped === '' ? path : path.replaceAll('\\\\', '\\'), unread === undefined ? 'damaged' : 'absent');
  }
  return wrong;
}

/** Where the links of each folder point, in the order that was asked for. */
function targetsIn(said: string): ReadonlyMap<string, readonly string[]> {
  const targets = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of said.split('\n')) {
    if (line.startsWith('/')) {
      current = targets.get(line.slice(1)) ?? [];
      targets.set(line.slice(1), current);
    } else if (line !== '') current?.push(line);
  }
  return targets;
}
