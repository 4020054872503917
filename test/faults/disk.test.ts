import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import { createMirror } from '../../src/publish/destinations/mirror.ts';
import { changedFiles, guardOf, releaseOf, standing } from '../conformance/releases.ts';
import { suite } from '../support/suite.ts';
import { NEW, OLD, publishTo } from './cycle.ts';
import { isAllThereIs, servedWhole } from './invariants.ts';
import { canMount, DISK_BYTES, fill, mount, onSmallDisk, unmount } from './small-disk.ts';
import { bundleChild, run } from './strace.ts';

const signal = new AbortController().signal;
const isRoot = process.getuid?.() === 0;
/** A user that owns nothing. */
const NOBODY = 65_534;
async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => assert.unreachable('it should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(isHoldfastError(error, 'destination-unwritable'), String(error));
  assert.ok(error.hint);
  return error.message;
}

const names = async (dir: string) => (await readdir(dir, { recursive: true })).sort();

const disks = suite('a publish to a disk that refuses');
const disk = (await canMount()) ? disks : disks.skip;

disk('a release larger than the disk is refused before anything is written', () =>
  onSmallDisk(`size=${DISK_BYTES}`, async (dir) => {
    const before = await names(dir);
    const large = releaseOf(2, { 'index.html': 'new', 'film.mp4': Buffer.alloc(DISK_BYTES - 8 * 1024 * 1024) });
    assert.match(await refusal(publishTo(dir, large)), /MB are needed, \d+ MB are free/);
    assert.equal(await names(dir), before);
    assert.is(await servedWhole(dir, [OLD, large], 'too large'), OLD);
  }),
);

disk('a release with more files than the disk has inodes is refused before anything of it is written', async () => {
  const small = await mkdtemp(join(tmpdir(), 'holdfast-disk-'));
  assert.ok(mount(small, `size=${DISK_BYTES},nr_inodes=900`));
  try {
    assert.match(await refusal(publishTo(join(small, 'www'), NEW)), /inodes are needed, \d+ are free/);
    assert.equal(await readdir(join(small, 'www')), ['_holdfast'], 'the control record, and nothing else');
  } finally {
    unmount(small);
    await rm(small, { recursive: true });
  }
});

disk('a disk that becomes full on the way leaves the old release, and with room again the next run ends well', () =>
  onSmallDisk(`size=${DISK_BYTES}`, async (dir, root) => {
    const mirror = createMirror({ name: 'www', dir });
    const transfer = await mirror.begin(NEW.manifest, standing(OLD), signal);
    const empty = fill(root);
    const sent = async () => {
      for (const file of changedFiles(NEW.manifest, OLD.manifest)) await transfer.put(file, NEW.open(file));
      await transfer.commit(guardOf(mirror));
    };
    const error = await sent().catch((reason: unknown) => reason);
    assert.ok(isHoldfastError(error, 'destination-unwritable'), String(error));
    assert.match(error.message, /ENOSPC/);
    await transfer.abort();
    assert.is(await servedWhole(dir, [OLD, NEW], 'full'), OLD);
    await refusal(publishTo(dir, NEW));
    assert.is(await servedWhole(dir, [OLD, NEW], 'still full'), OLD);
    await empty();
    await publishTo(dir, NEW);
    await isAllThereIs(dir, NEW, 'room again');
  }),
);

disk(
  'a disk that is mounted read-only leaves the old release, and mounted for writing again the next run ends well',
  () =>
    onSmallDisk(`size=${DISK_BYTES}`, async (dir, root) => {
      execFileSync('mount', ['-o', 'remount,ro', root]);
      assert.match(await refusal(publishTo(dir, NEW)), /EROFS/);
      assert.is(await servedWhole(dir, [OLD, NEW], 'read-only'), OLD);
      execFileSync('mount', ['-o', 'remount,rw', root]);
      await publishTo(dir, NEW);
      await isAllThereIs(dir, NEW, 'writable again');
    }),
);

disks.run();

const rights = suite('a publish to a folder that may not be written');
const FOLDERS = ['.', 'trees', '_holdfast', '_holdfast/releases'];

rights(
  'whichever folder of the mirror it is, it is named before anything is written, and the old release stays',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-rights-'));
    await chmod(folder, 0o755);
    const bundle = await bundleChild(folder);
    const user = isRoot ? [String(NOBODY)] : [];
    for (const closed of FOLDERS) {
      const dir = join(folder, 'www');
      await publishTo(dir, OLD);
      if (isRoot)
        for (const each of ['.', ...(await names(dir))])
          await chown(join(dir, each), NOBODY, NOBODY).catch(() => undefined);
      if (isRoot) await chown(join(dir, closed), 0, 0);
      await chmod(join(dir, closed), 0o555);
      const before = await names(dir);
      const ended = await run(bundle, [dir, 'new', ...user]);
      assert.is(ended.code, 1, closed);
      assert.match(
        ended.stderr,
        new RegExp(`^destination-unwritable: www: ${join(dir, closed)} cannot be written: EACCES`),
        closed,
      );
      assert.equal(await names(dir), before, closed);
      assert.is(await servedWhole(dir, [OLD, NEW], closed), OLD);
      await chmod(join(dir, closed), 0o755);
      await publishTo(dir, NEW);
      await isAllThereIs(dir, NEW, closed);
      await rm(dir, { recursive: true });
    }
    await rm(folder, { recursive: true });
  },
);

rights('a mirror that is to be made in a folder that may not be written is refused, naming that folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-rights-'));
  const bundle = await bundleChild(folder);
  await chmod(folder, 0o555);
  const ended = await run(bundle, [join(folder, 'deep/www'), 'old', ...(isRoot ? [String(NOBODY)] : [])]);
  assert.match(ended.stderr, new RegExp(`^destination-unwritable: www: ${folder} cannot be written: EACCES`));
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'x'), '');
  await rm(folder, { recursive: true });
});

rights.run();
