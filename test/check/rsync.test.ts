import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Finding } from '../../src/check/finding.ts';
import { checkRsync } from '../../src/check/rsync.ts';
import type { RsyncOptions } from '../../src/publish/destinations/rsync.ts';
import { recordOf } from '../conformance/releases.ts';
import { openPlace, type RsyncPlace } from '../publish/rsync-place.ts';
import { freePort } from '../support/ports.ts';
import { suite } from '../support/suite.ts';

const signal = new AbortController().signal;
const OWNER = { site: 'www.example.org', environment: 'production' };

const test = suite<{ place: RsyncPlace }>('checks of a mirror on another machine', { needs: ['sshd'] });

test.before.each(async (context) => {
  context.place = await openPlace();
});

test.after.each(({ place }) => place.close());

function check({ dir, open }: RsyncPlace, more: Partial<RsyncOptions> = {}): Promise<readonly Finding[]> {
  return checkRsync({ destination: open(more), place: `www@far:${dir}`, dir, owner: OWNER }, signal);
}

test('a folder that is not there yet is checked where it would be made, and nothing is left behind', async ({
  place,
}) => {
  const [written, live, room, clock, ...more] = await check(place);
  assert.is(written?.text, `far: www@far:${place.dir} can be made in ${place.outer}`);
  assert.is(live?.text, 'far: nothing is live yet');
  assert.match(room?.text ?? '', /^far: \d+\.\d GB free$/);
  assert.equal([clock?.concern, clock?.text], ['clock', "far's clock agrees with this machine's"]);
  assert.equal(more, []);
  assert.equal(await readdir(place.outer), []);
});

test('a machine that cannot be reached fails, with the reason and what to do', async ({ place }) => {
  const [found, ...more] = await check(place, { port: await freePort() });
  assert.is(found?.level, 'fail');
  assert.match(found?.text ?? '', /^far: \S+ cannot be reached: it refuses the connection$/);
  assert.match(found?.hint ?? '', /sshd/);
  assert.equal(more, []);
});

test('a destination of another site fails, and one of one’s own is well', async ({ place }) => {
  const far = place.open();
  const version = await far.control.swap(recordOf({ ...OWNER, site: 'other.example' }), undefined, signal);
  assert.match((await check(place)).at(-1)?.text ?? '', /^far: belongs to other\.example/);
  await far.control.swap(recordOf(OWNER), version, signal);
  assert.equal(
    (await check(place)).map(({ level }) => level),
    ['ok', 'ok', 'ok', 'ok'],
  );
  assert.equal((await readdir(join(place.dir, '_holdfast'))).sort(), ['control.json']);
});

test.run();
