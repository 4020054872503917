import { Worker } from 'node:worker_threads';

/** Requests at once, on all threads together: as many as the project of the bench has. */
const AT_ONCE = 8;

/** `node-fetch` with its own answers; `node:http`, on which it stands, by itself. */
export type Client = 'node-fetch' | 'node:http';

/**
 * How fast a client alone can be: a keep-alive agent, each body read, and nothing done with it. What stands between this and a
 * look is ours. Seconds from the first request to the last byte, once the threads are up.
 */
export async function fetchOnThreads(client: Client, urls: readonly string[], threads: number): Promise<number> {
  const shares = Array.from({ length: threads }, (_, thread) =>
    urls.filter((_url, index) => index % threads === thread),
  );
  const workers = await Promise.all(
    shares.map((share) => startWorker({ client, urls: share, atOnce: AT_ONCE / threads })),
  );
  const began = performance.now();
  await Promise.all(workers.map(work));
  const seconds = (performance.now() - began) / 1000;
  await Promise.all(workers.map((worker) => worker.terminate()));
  return seconds;
}

interface Share {
  readonly client: Client;
  readonly urls: readonly string[];
  readonly atOnce: number;
}

function startWorker(workerData: Share): Promise<Worker> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./fetching-thread.js', import.meta.url), { workerData });
    worker.once('error', reject);
    worker.once('message', () => resolve(worker));
  });
}

function work(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', () => resolve());
    worker.postMessage('go');
  });
}
