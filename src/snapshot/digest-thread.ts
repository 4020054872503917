import { parentPort, workerData } from 'node:worker_threads';
import { type Digest, digest, type Raw } from './digest.ts';
import { type DigestConfig, toolsOf } from './digest-tools.ts';
import type { Numbered } from './digester.ts';

const tools = toolsOf(workerData as DigestConfig);

function digestOne({ id, value }: Numbered<Raw>): Numbered<Digest> {
  // A Buffer crosses as a plain Uint8Array.
  const bytes = Buffer.from(value.bytes.buffer, value.bytes.byteOffset, value.bytes.byteLength);
  return { id, value: digest({ ...value, bytes }, tools) };
}

parentPort?.on('message', (pages: readonly Numbered<Raw>[]) => parentPort?.postMessage(pages.map(digestOne)));
