/**
 * Run by the fault tests, bundled, under strace: `inbox-once <dir> accept <origin>` takes one comment and ends with 0 where it was
 * acknowledged, 1 where its sender was told that it was not kept; `inbox-once <dir> replay <origin>` delivers what waits.
 */
import { open } from 'node:fs/promises';
import { asHoldfastError } from '../../src/model/errors.ts';
import { replayOnce } from '../inbox/replaying.ts';
import { comment, openInbox } from '../inbox/rig.ts';
import { MARKER, WARM_UP } from './marker.ts';

const [, , dir = '', mode, origin = ''] = process.argv;

// See publish-once.ts: what the worker thread does has to have higher numbers than what Node's main thread does.
const files = await Promise.all(Array.from({ length: WARM_UP }, () => open('/dev/null', 'r')));
await Promise.all(files.map((file) => file.close()));
await open(MARKER, 'r').catch(() => undefined);

async function accept(): Promise<number> {
  const inbox = await openInbox(origin, {}, dir);
  const { status } = await inbox.post(comment());
  if (status !== 202) process.stderr.write(`status ${status}\n`);
  return status === 202 ? 0 : 1;
}

async function replay(): Promise<number> {
  const { waiting } = await replayOnce(dir, origin);
  return waiting === 0 ? 0 : 1;
}

try {
  process.exit(mode === 'accept' ? await accept() : await replay());
} catch (error) {
  const { code, message } = asHoldfastError(error);
  process.stderr.write(`${code}: ${message}\n`);
  process.exit(1);
}
