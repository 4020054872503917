/**
 * Run by lock.test.ts. For each lock path that arrives on standard input it tries once and answers `won`, `locked` or an
 * error's text; a lock that was won is held until the next line, `release` gives it back, and it ends when input ends.
 */
import { createInterface } from 'node:readline';
import { isHoldfastError } from '../../src/model/errors.ts';
import { type Lock, takeLock } from '../../src/store/lock.ts';

let held: Lock | undefined;

async function answer(line: string): Promise<string> {
  if (line === 'release') {
    await held?.release();
    held = undefined;
    return 'released';
  }
  try {
    held = await takeLock(line);
    return 'won';
  } catch (error) {
    return isHoldfastError(error, 'locked') ? 'locked' : String(error);
  }
}

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) console.log(await answer(line));
