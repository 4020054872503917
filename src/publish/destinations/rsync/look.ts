import { HoldfastError } from '../../../model/errors.ts';
import { assertOurs, type Found } from '../layout/ours.ts';
import { OWN, TREES } from '../layout/paths.ts';
import { unwritable } from '../layout/refusals.ts';
import type { Free } from '../layout/room.ts';
import { codeIn } from './failures.ts';
import type { Remote } from './remote.ts';
import { quoted } from './shell.ts';

/** What is where a mirror is or is to be, on another machine. */
export interface Sight extends Found {
  /** Programs that Holdfast needs there and that are not there. */
  readonly lacking: readonly string[];
  /** The folder itself, or the nearest one above it that is there. */
  readonly place: string;
  readonly free: Free;
  /** That machine's clock in whole seconds, as milliseconds since 1970. */
  readonly clock: number;
  /** A folder that cannot be written, and the system's name for why. */
  readonly closed: { readonly path: string; readonly code: string } | undefined;
  /** Names in `trees`, in `_holdfast` and in `_holdfast/releases`. */
  readonly trees: readonly string[];
  readonly own: readonly string[];
  readonly releases: readonly string[];
}

/** All on Debian from the first day, but for rsync. */
const PROGRAMS = ['rsync', 'sha256sum', 'flock', 'readlink', 'stat'];

/** One look, which writes nothing. */
export async function look({ layout, connection }: Remote, signal: AbortSignal): Promise<Sight> {
  const inside = [layout.dir, layout.trees, layout.own, layout.releases].map(quoted).join(' ');
  const lines = [
    // No name has a slash, so a line that begins with one is ours.
    `list() { if [ -d "$1" ]; then ls -A -- "$1"; fi; }`,
    `for each in ${PROGRAMS.join(' ')}; do command -v "$each" >/dev/null || echo "/lacking $each"; done`,
    `date '+/clock %s'`,
    `place=${quoted(layout.dir)}`,
    `until [ -e "$place" ] || [ -L "$place" ]; do place=$(dirname -- "$place"); done`,
    `printf '/place %s\\n' "$place"`,
    `stat -f -c '/free %a %S %d %c' -- "$place"`,
    // Only where it cannot be written is it tried, to hear why.
    `for each in "$place" ${inside}; do`,
    `  if [ -e "$each" ] && ! { [ -d "$each" ] && [ -w "$each" ] && [ -x "$each" ]; }; then`,
    `    printf '/closed %s\\n' "$each"; mkdir -- "$each/.holdfast-probe" 2>&1 || continue; rmdir -- "$each/.holdfast-probe"`,
    '  fi',
    'done',
    `for each in ${TREES} ${OWN}; do`,
    `  at=${quoted(layout.dir)}/$each; if [ -d "$at" ] && ! [ -L "$at" ]; then echo "/folder $each"; fi`,
    'done',
    // Taken first: a program that fails ends the script only where its answer is not part of another command.
    `if [ -L ${quoted(layout.current)} ]; then target=$(readlink -- ${quoted(layout.current)}); printf '/target %s\\n' "$target"; fi`,
    ...(['dir', 'trees', 'own', 'releases'] as const).flatMap((each) => [
      `echo /${each}`,
      `list ${quoted(layout[each])}`,
    ]),
  ];
  return sightOf(await connection.run({ lines }, signal));
}

function sightOf(said: string): Sight {
  const parts = said.split(/^\//m).map((part) => {
    const [head = '', ...lines] = part.split('\n');
    const space = head.indexOf(' ');
    const [title, value] = space < 0 ? [head, ''] : [head.slice(0, space), head.slice(space + 1)];
    return { title, value, lines: lines.filter((line) => line !== '') };
  });
  const valuesOf = (wanted: string): string[] =>
    parts.filter(({ title }) => title === wanted).map(({ value }) => value);
  const namesIn = (wanted: string): string[] => parts.findLast(({ title }) => title === wanted)?.lines ?? [];
  const [blocks = 0, blockBytes = 0, names = 0, allNames = 0] = (valuesOf('free')[0] ?? '').split(' ').map(Number);
  const closed = parts.find(({ title }) => title === 'closed');
  return {
    lacking: valuesOf('lacking'),
    place: valuesOf('place')[0] ?? '',
    free: { bytes: blocks * blockBytes, names: allNames > 0 ? names : undefined },
    clock: Number(valuesOf('clock')[0]) * 1000,
    closed: closed && { path: closed.value, code: codeIn(closed.lines.join('\n')) ?? 'EACCES' },
    target: valuesOf('target')[0],
    folders: valuesOf('folder'),
    names: namesIn('dir'),
    trees: namesIn('trees'),
    own: namesIn('own'),
    releases: namesIn('releases'),
  };
}

/**
 * Throws `destination-foreign` where the folder is not ours, and `destination-unwritable` where a folder of it cannot be
 * written or a program is not there.
 */
export function assertUsable({ name, to, layout }: Remote, sight: Sight): void {
  const [lacking] = sight.lacking;
  if (lacking !== undefined) {
    throw new HoldfastError('destination-unwritable', `${name}: ${to} has no ${lacking}`, {
      hint: `install it there: ${lacking === 'rsync' ? 'apt-get install rsync' : 'it is part of coreutils or util-linux'}`,
    });
  }
  assertOurs(layout, name, sight);
  if (sight.closed !== undefined) throw unwritable(name, `${to}:${sight.closed.path}`, sight.closed.code);
}
