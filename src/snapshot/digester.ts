import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Config } from '../config/schema.ts';
import { createSite } from '../model/site.ts';
import { type Digest, type DigestTools, digest, type Raw } from './digest.ts';
import { createNormalizer } from './normalize.ts';

/** Digests pages, on a thread of its own once a run has many. */
export interface Digester {
  digest(raw: Raw): Promise<Digest>;
  close(): Promise<void>;
}

/** The parts of a configuration that a digest depends on: plain values, so that a thread can be given them. */
export type DigestConfig = Pick<Config, 'site' | 'origin' | 'gate' | 'normalize'>;

/** A thread takes about 60 ms to start, as long as this many pages take to digest. */
const WORTH_A_THREAD = 150;
/** A thread weighs 30 MB, which are of more use while pages are rendered and published. */
const IDLE_MS = 500;

/** This module's worker: beside it, with its ending, both as TypeScript and compiled. */
const WORKER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './digest-thread.ts' : './digest-thread.js', import.meta.url),
);

/** What every digest of a run is made with. */
export function toolsOf({ site, origin, gate, normalize }: DigestConfig): DigestTools {
  const host = origin.host === undefined ? {} : { host: origin.host };
  return {
    site: createSite({ name: site.name, url: site.url, origin: origin.url, aliases: origin.aliases, ...host }),
    gate,
    normalize: createNormalizer(normalize),
  };
}

/** Opens a digester; it works on this thread until a run turns out to be long, and always where there is one processor. */
export function openDigester(config: DigestConfig): Digester {
  const tools = toolsOf(config);
  let seen = 0;
  let thread: Thread | undefined;
  let idle: NodeJS.Timeout | undefined;
  const close = async () => {
    clearTimeout(idle);
    const ending = thread;
    thread = undefined;
    await ending?.close();
  };
  return {
    digest: async (raw) => {
      if (++seen <= WORTH_A_THREAD || availableParallelism() === 1) return digest(raw, tools);
      clearTimeout(idle);
      thread ??= startThread(config, tools);
      const busy = thread;
      const digested = await busy.digest(raw);
      if (busy === thread && busy.isIdle) idle = setTimeout(() => void close(), IDLE_MS).unref();
      return digested;
    },
    close,
  };
}

interface Thread extends Digester {
  /** True where every page that was handed over has come back. */
  readonly isIdle: boolean;
}

interface Waiting {
  readonly raw: Raw;
  resolve(value: Digest): void;
}

/** A thread that cannot start, or dies, costs its speed and nothing else: what it had is digested here. */
function startThread({ site, origin, gate, normalize }: DigestConfig, tools: DigestTools): Thread {
  const worker = new Worker(WORKER, { workerData: { site, origin, gate, normalize } });
  const waiting = new Map<number, Waiting>();
  let count = 0;
  worker.on('message', ({ id, digested }: { id: number; digested: Digest }) => {
    waiting.get(id)?.resolve(digested);
    waiting.delete(id);
  });
  let isDead = false;
  worker.on('error', () => {
    isDead = true;
    for (const { raw, resolve } of waiting.values()) resolve(digest(raw, tools));
    waiting.clear();
  });
  return {
    digest: (raw) =>
      new Promise((resolve) => {
        if (isDead) return resolve(digest(raw, tools));
        const id = count++;
        waiting.set(id, { raw, resolve });
        // Handed over and not cloned: a clone would copy the whole 64 KB buffer that the bytes are a part of.
        const bytes = new Uint8Array(raw.bytes);
        worker.postMessage({ id, raw: { ...raw, bytes } }, [bytes.buffer]);
      }),
    get isIdle() {
      return waiting.size === 0;
    },
    close: async () => {
      await worker.terminate();
    },
  };
}
