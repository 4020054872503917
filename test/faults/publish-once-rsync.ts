/** Run by the fault tests, bundled: `publish-once-rsync <options> <holder>` publishes one release to the mirror that the JSON names. */
import { createRsync, type RsyncOptions } from '../../src/publish/destinations/rsync.ts';
import { NEW, publishWith } from './cycle.ts';

const [, , options = '', holder = ''] = process.argv;
await publishWith(createRsync(JSON.parse(options) as RsyncOptions), NEW, {
  holder,
  timing: { ttl: 9000, renew: 60_000, stop: 60_000 },
});
