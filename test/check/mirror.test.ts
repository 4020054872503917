import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Finding } from '../../src/check/finding.ts';
import { checkMirror } from '../../src/check/mirror.ts';
import { roomFor } from '../../src/check/room.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import type { ControlRecord } from '../../src/publish/control.ts';
import { createMirror } from '../../src/publish/destinations/mirror.ts';
import { recordOf } from '../conformance/releases.ts';
import { suite } from '../support/suite.ts';
import { inFolder } from './folder.ts';

const signal = new AbortController().signal;

const check = (dir: string): Promise<readonly Finding[]> => {
  const destination = createMirror({ name: 'web', dir });
  return checkMirror({ destination, dir, owner: OWNER }, signal);
};

const OWNER = { site: 'www.example.org', environment: 'production' };
const record = (more: Partial<ControlRecord> = {}): ControlRecord => recordOf({ ...OWNER, ...more });

const test = suite('checks of a mirror');

test('a folder that is not there yet is checked where it would be made, and nothing is left behind', async () => {
  await inFolder(async (folder) => {
    const dir = join(folder, 'srv/www');
    const found = await check(dir);
    assert.is(found[0]?.text, `web: ${dir} can be made in ${folder}`);
    assert.is(found[1]?.text, 'web: nothing is live yet');
    assert.match(found[2]?.text ?? '', /^web: \d+\.\d GB free$/);
    assert.is(found.filter(({ level }) => level === 'fail').length, 0);
    assert.equal(await readdir(folder), []);
  });
});

test('a folder that cannot be written fails, with the reason', async () => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'file'), '');
    const found = await check(join(folder, 'file/www'));
    assert.is(found.at(-1)?.level, 'fail');
    assert.match(found.at(-1)?.text ?? '', /file cannot be written \(ENOTDIR\)$/);
  });
});

test('a `current` that is a folder of its own cannot be switched', async () => {
  await inFolder(async (folder) => {
    await mkdir(join(folder, 'current'));
    const [first] = await check(folder);
    assert.is(first?.level, 'fail');
    assert.is(first?.text, `web: ${join(folder, 'current')} is a folder of its own, not a link that can be switched`);
  });
});

for (const [name, more] of Object.entries({
  site: { site: 'other.example' },
  environment: { environment: 'staging' },
})) {
  test(`a destination of another ${name} fails`, async () => {
    await inFolder(async (folder) => {
      await createMirror({ name: 'web', dir: folder }).control.swap(record(more), undefined, signal);
      const found = await check(folder);
      assert.is(found.at(-1)?.level, 'fail');
      assert.match(found.at(-1)?.text ?? '', /^web: belongs to /);
    });
  });
}

test("a destination of one's own is well", async () => {
  await inFolder(async (folder) => {
    await createMirror({ name: 'web', dir: folder }).control.swap(record(), undefined, signal);
    assert.equal(
      (await check(folder)).map(({ level }) => level).filter((level) => level === 'fail'),
      [],
    );
  });
});

test('there must be room for a release beside the live one', () => {
  const size = 3e9;
  const file = {
    path: 'a',
    kind: 'page',
    sha256: '',
    size,
    type: 'text/html',
    headers: {},
    variants: { gzip: { sha256: '', size: 1e9 } },
  } as const;
  const live: Manifest = {
    format: 1,
    site: '',
    environment: '',
    lineage: '',
    id: '',
    parent: null,
    created: '',
    files: [file],
  };
  const room = (bytes: number, names?: number) => roomFor({ bytes, names }, live);
  const usual = (bytes: number) => roomFor({ bytes, names: undefined }, undefined);
  const hint = '8.0 GB hold the live release twice';
  assert.equal(room(9e9), ['ok', '9.0 GB free, room for 2 more releases where every page changes']);
  assert.equal(room(7e9), ['warn', '7.0 GB free, room for 1 more release where every page changes', hint]);
  assert.equal(room(3.5e9), ['fail', '3.5 GB free, room for 0 more releases where every page changes', hint]);
  assert.equal(room(9e9, 2)[0], 'ok');
  assert.equal(room(9e9, 1).slice(0, 2), ['fail', '1 file can be made, and a release is 2 files']);
  assert.equal(usual(2e9), ['ok', '2.0 GB free']);
  assert.equal(usual(5e8), ['warn', '0.5 GB free', '1.0 GB is a usual need']);
  assert.is(usual(5e7)[0], 'fail');
});

test.run();
