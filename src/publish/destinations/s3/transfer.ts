import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { HoldfastError } from '../../../model/errors.ts';
import type { Manifest, ReleaseFile } from '../../../model/manifest.ts';
import type { OpenFile, Standing, Transfer } from '../../destination.ts';
import { PART_BYTES, WHOLE_BYTES, wholeOf } from './bytes.ts';
import { formOf, headersAs, isAs } from './form.ts';
import { createKeeper, findKept, type Keeper } from './keep.ts';
import { assertPlaceable } from './keys.ts';
import { overwrite } from './overwrite.ts';
import { createRoom, type Room } from './room.ts';
import type { Shared } from './shared.ts';
import { uploadLarge } from './upload.ts';
import { stateAt, stateOf } from './verify.ts';

interface Work {
  readonly shared: Shared;
  readonly next: ReadonlyMap<string, ReleaseFile>;
  readonly live: ReadonlyMap<string, ReleaseFile>;
  readonly source: ReadonlyMap<string, ReleaseFile>;
  readonly isUnsure: (path: string) => boolean;
  readonly keeper: Keeper;
  readonly room: Room;
  /** True where this very release was on its way here before: what is whole of it stays. */
  readonly isRepeated: boolean;
  readonly done: Set<string>;
  readonly signal: AbortSignal;
}

/** A manifest is mostly hashes, which no effort makes smaller: of 4 MB the least leaves 0.88, the usual 0.85 for three times the time. */
const MANIFEST_LEVEL = 1;

/** Memory for the bytes of all files on their way. */
const ROOM_BYTES = 64 * 1_048_576;

/** Stores the manifest, so that whoever comes after a killed transfer knows what it may have put. */
export async function beginTransfer(
  shared: Shared,
  { next, standing }: { readonly next: Manifest; readonly standing: Standing },
  signal: AbortSignal,
): Promise<Transfer> {
  signal.throwIfAborted();
  const held = { ...shared, store: shared.store.onlyWhile(standing.ensureHeld) };
  assertPlaceable(next, shared.keys);
  const { live, unsure, source } = standing;
  const isUnsure = (path: string): boolean => unsure === 'all' || unsure.has(path);
  const isRepeated = await storeManifest(held, { next, standing }, signal);
  const liveFiles = filesOf(live);
  return transferOf({
    shared: held,
    next: filesOf(next),
    live: liveFiles,
    source: filesOf(source),
    isUnsure,
    keeper: createKeeper(held, { live: liveFiles, isUnsure }),
    room: createRoom(ROOM_BYTES),
    isRepeated,
    done: new Set(),
    signal,
  });
}

/** Those that visitors get, by path. */
function filesOf(manifest: Manifest | undefined): Map<string, ReleaseFile> {
  const served = (manifest?.files ?? []).filter(({ kind }) => kind !== 'internal');
  return new Map(served.map((file) => [file.path, file]));
}

/** True where it was there already although nothing could be relied on: this release was on its way before. */
async function storeManifest(
  { store, keys }: Shared,
  { next, standing: { live, unsure } }: { readonly next: Manifest; readonly standing: Standing },
  signal: AbortSignal,
): Promise<boolean> {
  if (unsure !== 'all' && live?.id === next.id) return false;
  const text = Buffer.from(JSON.stringify(next));
  const ref = { sha256: sha256Of(text), size: text.length };
  const key = keys.manifest(next.id);
  if (unsure === 'all' && (await stateAt({ store }, { key, ref }, signal)) === 'whole') return true;
  const body = await promisify(gzip)(text, { level: MANIFEST_LEVEL });
  const stored = { sha256: sha256Of(body), size: body.length };
  const file = { ...ref, path: '', kind: 'internal', type: 'application/json', variants: { gzip: stored } } as const;
  const { headers } = formOf({ ...file, headers: { 'cache-control': 'no-store' } }, () => false);
  await store.put(key, { body, sha256: stored.sha256, headers }, signal);
  return false;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function transferOf(work: Work): Transfer {
  const { shared, next, live, isUnsure, done, signal } = work;
  const isThere = (file: ReleaseFile): boolean => !isUnsure(file.path) && isSame(file, live.get(file.path));
  const make = async (file: ReleaseFile, one: () => Promise<void>): Promise<void> => {
    signal.throwIfAborted();
    if (file.kind === 'internal' || isThere(file)) return;
    if (!isSame(file, next.get(file.path)))
      throw new HoldfastError('unexpected', `${shared.name}: ${file.path} is not in the release as it was put`);
    if (!(work.isRepeated && (await isWhole(work, file)))) await one();
    done.add(file.path);
  };
  return {
    put: (file, open) => make(file, () => send(work, file, open)),
    async restore(file) {
      signal.throwIfAborted();
      if (work.source.get(file.path)?.sha256 !== file.sha256)
        throw damaged(shared, `${file.path} is not in the release that it should come from`);
      return make(file, () => bringBack(work, file));
    },
    async commit() {
      signal.throwIfAborted();
      for (const [path, file] of next)
        if (!done.has(path) && !isThere(file)) throw damaged(shared, `${path} is not there and was not put`);
    },
    abort: async () => undefined,
  };
}

function isSame(one: ReleaseFile, other: ReleaseFile | undefined): boolean {
  return other !== undefined && contentOf(one) === contentOf(other);
}

function contentOf({ sha256, type, headers, variants }: ReleaseFile): string {
  return JSON.stringify([sha256, type, Object.entries(headers).sort(), variants.gzip?.sha256]);
}

async function isWhole({ shared, signal }: Work, file: ReleaseFile): Promise<boolean> {
  const got = await shared.store.get(shared.keys.file(file.path), signal);
  if (got !== undefined && isAs(got, headersAs(file, got))) return (await stateOf(got, file)) === 'whole';
  got?.discard();
  return false;
}

async function send(work: Work, file: ReleaseFile, open: OpenFile): Promise<void> {
  const { shared, keeper, room, signal } = work;
  const form = formOf(file, shared.isIdentity);
  const { ref, headers, encoding } = form;
  if (shared.staged.has(shared.keys.kept(file.sha256, encoding)) && (await isBrought(work, file))) return;
  const key = shared.keys.file(file.path);
  const source = () => open(form.encoding);
  const beforeShown = () => keeper.keep(file.path, signal);
  if (ref.size > WHOLE_BYTES)
    return room.within(PART_BYTES, () => uploadLarge(shared, { key, form, source, beforeShown }, signal));
  return room.within(ref.size, async () => {
    const body = await wholeOf(source(), ref);
    const object = { body, sha256: ref.sha256, headers };
    await overwrite(shared, { key, object, before: await beforeShown(), keeper }, signal);
  });
}

async function bringBack(work: Work, file: ReleaseFile): Promise<void> {
  if (!(await isBrought(work, file))) throw damaged(work.shared, `the bytes of ${file.path} are not kept any more`);
}

/** Copies a file from where it is kept, or was staged, to its public name; false where it is there no more. */
async function isBrought({ shared, keeper, signal }: Work, file: ReleaseFile): Promise<boolean> {
  const { store, keys } = shared;
  await keeper.keep(file.path, signal);
  const kept = await findKept(shared, file, signal);
  const from = kept && { key: kept.key, headers: headersAs(file, kept.seen) };
  return from !== undefined && (await store.copy(keys.file(file.path), from, signal)) !== undefined;
}

function damaged({ name }: Shared, why: string): HoldfastError {
  return new HoldfastError('destination-damaged', `${name}: ${why}`, {
    hint: 'run publish --force, which sends every file again',
  });
}
