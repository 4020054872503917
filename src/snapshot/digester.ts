import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Digest, Raw } from './digest.ts';
import type { DigestConfig } from './digest-tools.ts';

/** Digests pages, on a thread of its own once a run has many. */
export interface Digester {
  digest(raw: Raw): Promise<Digest>;
  close(): Promise<void>;
}

/** A thread takes about 60 ms to start, as long as this many pages take to digest. */
const WORTH_A_THREAD = 150;
/** A thread weighs 30 MB, which are of more use while pages are rendered and published. */
const IDLE_MS = 500;

/** This module's worker: beside it, with its ending, both as TypeScript and compiled. */
const WORKER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './digest-thread.ts' : './digest-thread.js', import.meta.url),
);

/** Opens a digester; it works on this thread until a run turns out to be long, and always where there is one processor. */
export function openDigester(config: DigestConfig): Digester {
  let loading: Promise<DigestNow> | undefined;
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
      loading ??= loadDigest(config);
      const digestNow = await loading;
      if (++seen <= WORTH_A_THREAD || availableParallelism() === 1) return digestNow(raw);
      clearTimeout(idle);
      thread ??= startThread(config, digestNow);
      const busy = thread;
      const digested = await busy.digest(raw);
      if (busy === thread && busy.isIdle) {
        // Several may come back together: the timer of each but the last would end the thread under pages that follow.
        clearTimeout(idle);
        idle = setTimeout(() => void close(), IDLE_MS).unref();
      }
      return digested;
    },
    close,
  };
}

type DigestNow = (raw: Raw) => Digest;

/** A run whose pages are all as they were reads none, and does without the 30 modules that this takes. */
async function loadDigest(config: DigestConfig): Promise<DigestNow> {
  const { digest } = await import('./digest.ts');
  const { toolsOf } = await import('./digest-tools.ts');
  const tools = toolsOf(config);
  return (raw) => digest(raw, tools);
}

interface Thread extends Digester {
  /** True where every page that was handed over has come back. */
  readonly isIdle: boolean;
}

interface Waiting {
  readonly raw: Raw;
  resolve(value: Digest | Promise<Digest>): void;
}

/** What goes to the thread and back, several pages at a time: each hand-over wakes the other side, which costs as much as sending a request. */
export interface Numbered<T> {
  readonly id: number;
  readonly value: T;
}

/** A thread that cannot start, or ends, costs its speed and nothing else: what it had is digested here. */
function startThread({ site, origin, gate, normalize }: DigestConfig, digestNow: DigestNow): Thread {
  const worker = new Worker(WORKER, { workerData: { site, origin, gate, normalize } });
  const waiting = new Map<number, Waiting>();
  let outgoing: Numbered<Raw>[] = [];
  let count = 0;
  worker.on('message', (digests: readonly Numbered<Digest>[]) => {
    for (const { id, value } of digests) {
      waiting.get(id)?.resolve(value);
      waiting.delete(id);
    }
  });
  let isDead = false;
  const takeBack = () => {
    isDead = true;
    // What cannot be digested fails its own look: thrown here it would end the process.
    for (const { raw, resolve } of waiting.values()) resolve(Promise.resolve(raw).then(digestNow));
    waiting.clear();
  };
  worker.on('error', takeBack);
  worker.on('exit', takeBack);
  const send = () => {
    worker.postMessage(
      outgoing,
      outgoing.map(({ value }) => value.bytes.buffer as ArrayBuffer),
    );
    outgoing = [];
  };
  return {
    digest: (raw) =>
      new Promise((resolve) => {
        if (isDead) return resolve(digestNow(raw));
        const id = count++;
        waiting.set(id, { raw, resolve });
        // Handed over and not cloned: a clone would copy the whole 64 KB buffer that the bytes are a part of.
        const bytes = Buffer.from(new Uint8Array(raw.bytes).buffer);
        // All that this turn of the event loop brings goes together.
        if (outgoing.push({ id, value: { ...raw, bytes } }) === 1) setImmediate(send);
      }),
    get isIdle() {
      return waiting.size === 0;
    },
    close: async () => {
      await worker.terminate();
    },
  };
}
