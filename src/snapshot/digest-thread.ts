import { parentPort, workerData } from 'node:worker_threads';
import { digest, type Raw } from './digest.ts';
import { type DigestConfig, toolsOf } from './digest-tools.ts';

const tools = toolsOf(workerData as DigestConfig);

// A Buffer crosses as a plain Uint8Array.
parentPort?.on('message', ({ id, raw }: { id: number; raw: Raw }) => {
  const bytes = Buffer.from(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.byteLength);
  parentPort?.postMessage({ id, digested: digest({ ...raw, bytes }, tools) });
});
