import { ENDING_PATH, ENDING_TEXT } from '../model/ending.ts';
import type { ReleaseFile } from '../model/manifest.ts';
import { endingSoon, isCut } from '../release/ending.ts';
import { NO_CACHING } from '../release/headers.ts';
import { keepNow, type Prepared, preparedIn } from './appointment.ts';
import type { Held } from './leases.ts';
import type { Workplace } from './workplace.ts';

/** What will change at an instant that is near. */
export interface Soon {
  /** For how many seconds caches may keep what will change. */
  readonly keep: number;
  readonly destinations: Prepared['destinations'];
  /** Says so to a web server, which sees no headers of files. */
  readonly flag: ReleaseFile;
}

/** Undefined where no instant is near. */
export async function soonIn({
  stateDir,
  clock,
  blobs,
}: Pick<Workplace, 'stateDir' | 'clock' | 'blobs'>): Promise<Soon | undefined> {
  const now = clock.now();
  const prepared = await preparedIn(stateDir, now);
  const keep = prepared && keepNow(prepared, now);
  if (prepared === undefined || keep === undefined) return undefined;
  const flag = {
    // As what is shared: it is kept by no cache, is nobody's page, and is not carried over.
    kind: 'holding',
    path: ENDING_PATH,
    type: 'text/plain; charset=utf-8',
    headers: { 'cache-control': NO_CACHING },
    variants: {},
    ...(await blobs.put(Buffer.from(ENDING_TEXT))),
  } as const;
  return { keep, destinations: prepared.destinations, flag };
}

/** For how long caches are to keep which files at a destination, and no longer; undefined where nothing there is about to change. */
export function endingAt(
  { destination }: Pick<Held, 'destination'>,
  soon: Soon | undefined,
): { readonly keep: number; readonly paths: readonly string[] } | undefined {
  const paths = soon?.destinations.find((one) => one.destination === destination.name)?.changes ?? [];
  return soon === undefined || paths.length === 0 ? undefined : { keep: soon.keep, paths };
}

/** The files with shorter times in caches for those that are about to change, and with the flag where a web server looks for one. */
export function withEnding(
  held: Pick<Held, 'destination'>,
  soon: Soon | undefined,
  files: readonly ReleaseFile[],
): readonly ReleaseFile[] {
  const ending = endingAt(held, soon);
  if (soon === undefined || ending === undefined) return files;
  const changes = new Set(ending.paths);
  const cut = files.map((file) => (changes.has(file.path) ? endingSoon(file, ending.keep) : file));
  return held.destination.holds === 'flag' && isCut(ending.keep) ? [...cut, soon.flag] : cut;
}
