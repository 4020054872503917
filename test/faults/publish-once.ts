/**
 * Run by the fault tests, bundled, under strace: `publish-once <dir> <old|new> [user id]` publishes one release and ends
 * with 0, or with 1 and the error's code on standard error.
 */
import { open } from 'node:fs/promises';
import { asHoldfastError } from '../../src/model/errors.ts';
import { NEW, OLD, publishTo } from './cycle.ts';
import { MARKER, WARM_UP } from './marker.ts';

const [, , dir = '', which, user] = process.argv;
if (user !== undefined) process.setuid?.(Number(user));

// strace counts calls by thread. Node's main thread opens files too when it starts: what the worker thread does has to
// have higher numbers, so that a fault meant for it never hits the main thread.
const files = await Promise.all(Array.from({ length: WARM_UP }, () => open('/dev/null', 'r')));
await Promise.all(files.map((file) => file.close()));
await open(MARKER, 'r').catch(() => undefined);

try {
  await publishTo(dir, which === 'old' ? OLD : NEW);
} catch (error) {
  const { code, message } = asHoldfastError(error);
  process.stderr.write(`${code}: ${message}\n`);
  process.exitCode = 1;
}
