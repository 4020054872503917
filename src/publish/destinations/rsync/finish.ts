import { damaged } from '../layout/refusals.ts';
import type { Folder } from '../layout/tree.ts';
import { failedThere, lastLine, saysAbsent } from './failures.ts';
import type { Remote } from './remote.ts';
import { commands, fed, quoted } from './shell.ts';
import { listOf, type Sums } from './sums.ts';
import type { Taken } from './unchanged.ts';

/** What was sent, and what it takes to make folders of a release of it. */
export interface Arrived {
  /** The folder in `trees` where it is. */
  readonly incoming: string;
  /** Files that were sent, by their path in it. */
  readonly sent: Sums;
  readonly taken: Taken;
  readonly missing: ReadonlyMap<string, Folder>;
  /** Names in `trees` before. */
  readonly there: ReadonlySet<string>;
}

/**
 * Completes the folders that arrived with what is there already, holds what was sent against its hashes, forces all of it to the
 * disk, and moves each folder to its name, durably. Throws `destination-damaged` where something that should be there is not.
 */
export async function finish(remote: Remote, arrived: Arrived, signal: AbortSignal): Promise<void> {
  const lines = linesOf(remote, arrived);
  const ended = await remote.connection.runToItsEnd({ lines, isLong: true }, signal);
  if (ended.code === 0) return;
  if (saysAbsent(ended.stderr))
    throw damaged(remote.name, `what is needed is not there any more: ${lastLine(ended.stderr)}`);
  throw failedThere(remote, remote.layout.trees, ended);
}

function* linesOf({ layout }: Remote, { incoming, sent, taken, missing, there }: Arrived): Generator<string> {
  yield* [`trees=${quoted(layout.trees)}`, 'cd "$trees"', ...FUNCTIONS];
  for (const [pair, names] of taken.same) {
    const [from, to] = pair.split(' ');
    yield* commands(`take ${from} ../${incoming}/${to}`, names);
  }
  for (const [from, to] of taken.renamed) yield `name ${quoted(from)} ${quoted(`${incoming}/${to}`)}`;
  yield `cd ${incoming}`;
  yield fed('sha256sum --check --quiet', listOf(sent));
  // One call for the whole disk costs less than one for each of thousands of files.
  yield 'sync -f .';
  yield 'cd ..';
  const hashes = [...missing.keys()];
  const added = hashes.filter((hash) => !there.has(hash));
  const mended = hashes.filter((hash) => there.has(hash));
  yield* commands(`settle ${incoming}`, added);
  for (const hash of mended) yield* commands(`mend ${incoming} ${hash}`, namesOf(missing.get(hash)));
  yield mended.length > 0 ? 'sync -f .' : 'sync -- .';
}

function namesOf(folder: Folder | undefined): string[] {
  return folder === undefined ? [] : [...folder.files.keys(), ...folder.folders.keys()];
}

/** What is there gets one name more, links too; where the disk has not that, it is copied. What an earlier attempt took is left. */
const FUNCTIONS = [
  'take() {',
  '  cd "$1"; to=$2; shift 2',
  '  ln -P -- "$@" "$to/" 2>/dev/null || for each do name "$PWD/$each" "$to/$each"; done',
  '  cd ..',
  '}',
  'name() { [ -e "$2" ] || [ -L "$2" ] || ln -P -- "$1" "$2" 2>/dev/null || cp -P -- "$1" "$2"; }',
  // A folder that is there has been there whole since it got its name. Hashes are safe to be split into words.
  'settle() {',
  '  from=$1; shift; new=',
  '  for each do [ -e "$each" ] || new="$new $from/$each"; done',
  '  [ -z "$new" ] || mv -- $new ./',
  '}',
  // Visitors may have it open: each name changes in one step.
  'mend() { cd "$1/$2"; to=../../$2; shift 2; mv -f -- "$@" "$to/"; cd ../..; }',
];
