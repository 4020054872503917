import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type ErrorCode, isHoldfastError } from '../../src/model/errors.ts';
import type { RsyncOptions } from '../../src/publish/destinations/rsync.ts';
import { changedFiles, guardOf, publish, releaseOf, standing } from '../conformance/releases.ts';
import { NEW, OLD, publishWith } from '../faults/cycle.ts';
import { isAllThereIs, servedWhole } from '../faults/invariants.ts';
import { canMount, DISK_BYTES, fill, onSmallDisk } from '../faults/small-disk.ts';
import { freePort } from '../support/ports.ts';
import { runProgram } from '../support/programs.ts';
import { startSshd } from '../support/sshd.ts';
import { suite } from '../support/suite.ts';
import { openPlace, type RsyncPlace, theSshd } from './rsync-place.ts';

const signal = new AbortController().signal;
const LIMIT_MS = 20_000;

interface Context {
  place: RsyncPlace;
  /** Where temporary files go, to see that none is left. */
  temporary: string;
}

const test = suite<Context>('a mirror on another machine, refused', { needs: ['sshd'] });

test.before.each(async (context) => {
  context.place = await openPlace();
  context.temporary = join(context.place.outer, 'temporary');
  await mkdir(context.temporary);
  process.env['TMPDIR'] = context.temporary;
});

test.after.each(async ({ place }) => {
  delete process.env['TMPDIR'];
  await place.close();
});

/** What a publish with these options says that it cannot do, in one line, with what to do about it. */
async function refusal(place: RsyncPlace, more: Partial<RsyncOptions>, code: ErrorCode = 'destination-unwritable') {
  const far = place.open(more);
  const error = await publish(far, releaseOf(1, { 'index.html': 'x' })).then(
    () => assert.unreachable('it should have been refused'),
    (reason: unknown) => reason,
  );
  await far.close();
  assert.ok(isHoldfastError(error, code), String(error));
  assert.not.match(error.message, /\n/);
  assert.ok(error.hint);
  return `${error.message}; ${error.hint}`;
}

async function newKey(folder: string, name: string): Promise<string> {
  const file = join(folder, name);
  await runProgram('/usr/bin/ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file], LIMIT_MS);
  return file;
}

test('another key is refused, and so is a file that is none or that others may read', async ({ place, temporary }) => {
  const { identity } = await theSshd();
  const [other, absent, open] = [
    await newKey(place.outer, 'other'),
    join(place.outer, 'absent'),
    join(place.outer, 'open'),
  ];
  await copyFile(identity, open);
  await chmod(open, 0o644);
  assert.match(
    await refusal(place, { identity: other }),
    /^far: \S+@127.0.0.1 cannot be reached: it refuses the key; add .*other\.pub/,
  );
  assert.match(await refusal(place, { identity: absent }), /the file of the private key cannot be read; .*absent/);
  assert.match(await refusal(place, { identity: open }), /others may read the private key.*chmod 600/);
  assert.equal(await readdir(temporary), []);
});

test('a machine that is not known, or is another than it was, is refused', async ({ place, temporary }) => {
  const { port } = await theSshd();
  const knownHosts = join(place.outer, 'known hosts 100%');
  await writeFile(knownHosts, '');
  assert.match(await refusal(place, { knownHosts }), /its host key is not known here; put it into .*known hosts 100%/);
  const other = await readFile(`${await newKey(place.outer, 'host')}.pub`, 'utf8');
  await writeFile(knownHosts, `[127.0.0.1]:${port} ${other}`);
  assert.match(await refusal(place, { knownHosts }), /its host key is another than the one that is known/);
  const { knownHosts: right } = await theSshd();
  await copyFile(right, knownHosts);
  const far = place.open({ knownHosts });
  await publish(far, releaseOf(1, { 'index.html': 'x' }));
  assert.is(String(await place.live('index.html')), 'x');
  await far.close();
  assert.equal(await readdir(temporary), []);
});

test('where nothing listens, or no machine has the name, that is said', async ({ place, temporary }) => {
  assert.match(await refusal(place, { port: await freePort() }), /it refuses the connection/);
  assert.match(await refusal(place, { to: 'nobody@no-such-machine.invalid' }), /its name does not resolve/);
  assert.equal(await readdir(temporary), []);
});

test('a folder that is somebody else’s, or below a file, is refused and left as it is', async ({ place }) => {
  await mkdir(place.dir);
  await writeFile(join(place.dir, 'index.html'), 'mine');
  assert.match(await refusal(place, {}, 'destination-foreign'), /index\.html is there, and was not made by Holdfast/);
  assert.equal(await readdir(place.dir), ['index.html']);
  assert.match(
    await refusal(place, { dir: join(place.dir, 'index.html/www') }),
    /index\.html cannot be written: ENOTDIR/,
  );
  await rm(join(place.dir, 'index.html'));
  await symlink('/srv/elsewhere', join(place.dir, 'current'));
  assert.match(await refusal(place, {}, 'destination-foreign'), /current points to \/srv\/elsewhere/);
});

test('a machine without rsync is told before anything is written', async () => {
  const bin = await mkdtemp(join(tmpdir(), 'bin-'));
  for (const name of await readdir('/usr/bin'))
    if (name !== 'rsync') await symlink(`/usr/bin/${name}`, join(bin, name));
  const sshd = await startSshd({ PATH: bin });
  const bare = await openPlace(sshd);
  try {
    assert.match(await refusal(bare, {}), /has no rsync; install it there/);
    assert.equal(await readdir(bare.outer), []);
  } finally {
    await bare.close();
    await sshd.stop();
  }
});

const SMALL = `size=${DISK_BYTES}`;
const withDisk = (await canMount()) ? test : test.skip;

withDisk('a disk there without the room is told before anything is sent', ({ place }) =>
  onSmallDisk(SMALL, async (dir) => {
    const large = releaseOf(2, { 'index.html': 'new', 'film.mp4': Buffer.alloc(DISK_BYTES - 8 * 1024 * 1024) });
    const error = await publishWith(place.open({ dir }), large).catch((reason: unknown) => reason);
    assert.ok(isHoldfastError(error, 'destination-unwritable'), String(error));
    assert.match(error.message, /MB are needed, \d+ MB are free/);
    await servedWhole(dir, [OLD], 'too large');
  }),
);

withDisk(
  'a disk there that becomes full on the way leaves the old release and nothing else, and with room again all is well',
  ({ place }) =>
    onSmallDisk(SMALL, async (dir, disk) => {
      const far = place.open({ dir });
      const transfer = await far.begin(NEW.manifest, standing(OLD), signal);
      for (const file of changedFiles(NEW.manifest, OLD.manifest)) await transfer.put(file, NEW.open(file));
      const empty = fill(disk);
      const error = await transfer.commit(guardOf(far)).catch((reason: unknown) => reason);
      assert.ok(isHoldfastError(error, 'destination-unwritable'), String(error));
      assert.match(error.message, /ENOSPC/);
      await transfer.abort();
      assert.is(await servedWhole(dir, [OLD, NEW], 'full'), OLD);
      assert.equal(
        (await readdir(join(dir, 'trees'))).filter((name) => name.startsWith('.')),
        [],
      );
      await empty();
      await publishWith(far, NEW);
      await isAllThereIs(dir, NEW, 'room again');
    }),
);

withDisk('a disk there that may only be read is named', ({ place }) =>
  onSmallDisk(SMALL, async (dir, disk) => {
    await runProgram('/usr/bin/mount', ['-o', 'remount,ro', disk], LIMIT_MS);
    const error = await publishWith(place.open({ dir }), NEW).catch((reason: unknown) => reason);
    assert.ok(isHoldfastError(error, 'destination-unwritable'), String(error));
    assert.match(error.message, /EROFS/);
    assert.is(await servedWhole(dir, [OLD, NEW], 'read-only'), OLD);
  }),
);

test.run();
