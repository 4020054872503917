import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are in use by this process, on the heap and beside it: what nothing refers to is collected first. */
export function inUse(): number {
  collect();
  // Other threads free the buffers of the first, and take their time on a busy machine; the second begins by waiting for them.
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
