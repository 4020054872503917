import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { HoldfastError } from '../../src/model/errors.ts';
import type { Encoding, Manifest } from '../../src/model/manifest.ts';
import type { ControlRecord } from '../../src/publish/control.ts';
import type { Destination, Pruning, Standing, Transfer } from '../../src/publish/destination.ts';

/** What the driver below holds; a test looks into it. */
export interface Memory {
  readonly blobs: Map<string, Buffer>;
  readonly releases: Map<string, Manifest>;
  control: ControlRecord | undefined;
  live: Manifest | undefined;
}

const versionOf = (record: ControlRecord): string => JSON.stringify(record);
const formsOf = (manifest: Pick<Manifest, 'files'>) =>
  manifest.files.flatMap((file) => [file, ...Object.values(file.variants)]);

/** A destination without a disk: the second subject of the suite, so that it is not shaped by the first. */
export function createMemoryDestination(memory: Memory): Destination {
  return {
    name: 'memory',
    atomic: true,
    holds: 'flag',
    putsAtOnce: 4,
    requests: 0,
    control: {
      async read(signal) {
        signal.throwIfAborted();
        const record = memory.control;
        return record && { record, version: versionOf(record), settled: (memory.live?.id ?? null) === record.live };
      },
      async swap(next, expected, signal) {
        signal.throwIfAborted();
        if ((memory.control && versionOf(memory.control)) !== expected)
          throw new HoldfastError('destination-moved', 'moved');
        memory.control = next;
        return versionOf(next);
      },
      probe: async () => 'exact',
    },
    async open(path, signal) {
      signal.throwIfAborted();
      const id = /^_holdfast\/releases\/(.+)\.json$/.exec(path)?.[1];
      const manifest = memory.releases.get(id ?? '');
      if (manifest !== undefined) return Readable.from([Buffer.from(JSON.stringify(manifest))]);
      const { page } = memory.control?.hold ?? {};
      if (page !== undefined && [`_holdfast/hold/${page}`, '_holdfast/hold/on'].includes(path))
        return Readable.from([Buffer.from(`${page}\n`)]);
      const file = memory.live?.files.find((each) => each.path === path && each.kind !== 'internal');
      return file && Readable.from([memory.blobs.get(file.sha256) ?? Buffer.alloc(0)]);
    },
    async begin(next, { source }, signal) {
      signal.throwIfAborted();
      assertSafe(next);
      return transferOf(memory, { next, source }, signal);
    },
    stage: async () => false,
    async *readBack(_release, { files }, signal) {
      for (const file of files) {
        signal.throwIfAborted();
        yield {
          file,
          state: formsOf({ files: [file] }).every(({ sha256 }) => memory.blobs.has(sha256)) ? 'whole' : 'absent',
        };
      }
    },
    async prune(pruning, signal) {
      signal.throwIfAborted();
      const kept = await keptBy(memory, pruning);
      const needed = new Set(kept.flatMap((manifest) => formsOf(manifest).map(({ sha256 }) => sha256)));
      const ids = new Set(kept.map(({ id }) => id));
      const removed = [dropAll(memory.blobs, needed), dropAll(memory.releases, ids)];
      return { removed: removed.reduce((a, b) => a + b, 0) };
    },
  };
}

async function keptBy(memory: Memory, { live, kept }: Pruning): Promise<Manifest[]> {
  const all = [live, ...(memory.live === undefined ? [] : [memory.live])];
  for await (const manifest of kept()) all.push(manifest);
  return all;
}

/** A variant as a web server would find it. */
export function variantIn(memory: Memory, path: string, encoding: Encoding): Buffer | undefined {
  const ref = memory.live?.files.find((file) => file.path === path)?.variants[encoding];
  return ref && memory.blobs.get(ref.sha256);
}

interface Wish {
  readonly next: Manifest;
  readonly source: Standing['source'];
}

function transferOf(memory: Memory, { next, source }: Wish, signal: AbortSignal): Transfer {
  return {
    async put(file, open) {
      signal.throwIfAborted();
      for (const [encoding, ref] of [['identity', file] as const, ...Object.entries(file.variants)]) {
        if (memory.blobs.has(ref.sha256)) continue;
        const bytes = await buffer(open(encoding as Encoding | 'identity'));
        if (createHash('sha256').update(bytes).digest('hex') !== ref.sha256)
          throw new HoldfastError('blob-damaged', file.path);
        memory.blobs.set(ref.sha256, bytes);
      }
    },
    async restore(file) {
      signal.throwIfAborted();
      if (source?.files.some(({ path, sha256 }) => path === file.path && sha256 === file.sha256)) return;
      throw new HoldfastError('destination-damaged', file.path);
    },
    async commit(guard) {
      signal.throwIfAborted();
      const lacking = formsOf(next).find(({ sha256 }) => !memory.blobs.has(sha256));
      if (lacking !== undefined) throw new HoldfastError('destination-damaged', lacking.sha256);
      memory.releases.set(next.id, next);
      await guard(async (version) => {
        if ((memory.control && versionOf(memory.control)) !== version)
          throw new HoldfastError('destination-moved', 'moved');
        memory.live = next;
      });
    },
    async abort() {
      return undefined;
    },
  };
}

function assertSafe(next: Manifest): void {
  const paths = new Set<string>();
  for (const { path } of next.files) {
    const parts = path.split('/');
    if (parts.some((part) => ['', '.', '..'].includes(part)) || /[\u0000-\u001f\u007f]/.test(path)) {
      throw new HoldfastError('address-hostile', path);
    }
    if (paths.has(path) || parts.some((_, n) => n > 0 && paths.has(parts.slice(0, n).join('/')))) {
      throw new HoldfastError('name-collision', path);
    }
    paths.add(path);
  }
}

function dropAll<T>(from: Map<string, T>, keep: ReadonlySet<string>): number {
  const unwanted = [...from.keys()].filter((key) => !keep.has(key));
  for (const key of unwanted) from.delete(key);
  return unwanted.length;
}
