import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { assertFails, assertShows, type Case, signal } from './case.ts';
import { guardOf, pruning, publish, read, record, releaseOf, standing } from './releases.ts';

const HOSTILE = [
  '../x',
  'a/../../x',
  '/etc/x',
  'a//b',
  'a/',
  '',
  '.',
  'a/./b',
  'a/..',
  'a\nb',
  'a\0b',
  'a/\u007f',
  '\t',
];

/** A transfer is seen whole or not at all, and what is wrong with it is refused. */
export const transfers: readonly Case[] = [
  [
    'a hundred files go, put eight at a time',
    async (subject) => {
      const { destination } = subject;
      const paths = Array.from({ length: 100 }, (_, n) => `${n % 7}/${n % 10}/${n}.html`);
      const release = releaseOf(1, Object.fromEntries(paths.map((path) => [path, `page ${path}`])));
      const open = await destination.begin(release.manifest, standing(), signal);
      const files = [...release.manifest.files];
      const worker = async () => {
        for (let file = files.pop(); file !== undefined; file = files.pop()) await open.put(file, release.open(file));
      };
      await Promise.all(Array.from({ length: 8 }, worker));
      await open.commit(guardOf(destination));
      await assertShows(subject, release);
    },
  ],
  [
    'visitors see nothing of a transfer before its commit, nor after it was given up',
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, { 'index.html': 'old', 'a/index.html': 'old' });
      const second = releaseOf(2, { 'index.html': 'new', 'a/index.html': 'new', 'b/index.html': 'new' });
      await publish(destination, first);
      const open = await destination.begin(second.manifest, standing(first), signal);
      for (const file of second.manifest.files) await open.put(file, second.open(file));
      await assertShows(subject, first, ['b/index.html']);
      await open.abort();
      await assertShows(subject, first, ['b/index.html']);
      assert.is((await destination.control.read(signal))?.settled, true);
      await publish(destination, second, first);
      await assertShows(subject, second);
    },
    'where it switches at once',
  ],
  [
    'each file is old until it is put, and new from then on',
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, { 'index.html': 'old', 'a/index.html': 'old' });
      const second = releaseOf(2, { 'index.html': 'new', 'a/index.html': 'new', 'b/index.html': 'new' });
      await publish(destination, first);
      const open = await destination.begin(second.manifest, standing(first), signal);
      for (const path of ['a/index.html', 'b/index.html', 'index.html']) {
        assert.is(String((await read(destination, path)) ?? ''), path.startsWith('b') ? '' : 'old', path);
        await open.put(second.file(path), second.open(second.file(path)));
        assert.is(String(await read(destination, path)), 'new', path);
      }
      assert.ok(await read(destination, `_holdfast/releases/${second.manifest.id}.json`));
      await open.commit(guardOf(destination));
      await assertShows(subject, second);
    },
    'where each put shows',
  ],
  [
    'a file that breaks off fails its put, leaves the old release live, and can be put again',
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, { 'index.html': 'old' });
      const second = releaseOf(2, { 'index.html': 'new', 'b/index.html': 'b' });
      await publish(destination, first);
      const open = await destination.begin(second.manifest, standing(first), signal);
      const broken = () => {
        async function* half() {
          yield Buffer.from('n');
          throw new Error('cut');
        }
        return Readable.from(half());
      };
      const error = await open.put(second.file('index.html'), broken).catch((failure: unknown) => failure);
      assert.is((error as Error).message, 'cut');
      await assertShows(subject, first, ['b/index.html']);
      for (const file of second.manifest.files) await open.put(file, second.open(file));
      await open.commit(guardOf(destination));
      await assertShows(subject, second);
    },
  ],
  [
    'bytes that are not what the manifest says are refused',
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, { 'index.html': 'old' });
      const second = releaseOf(2, { 'index.html': 'new' });
      await publish(destination, first);
      for (const wrong of ['nEw', 'ne', 'new and more', '']) {
        const open = await destination.begin(second.manifest, standing(first), signal);
        await assertFails(
          open.put(second.file('index.html'), () => Readable.from([Buffer.from(wrong)])),
          'blob-damaged',
        );
        await open.abort();
        await assertShows(subject, first);
      }
    },
  ],
  [
    'a release that lacks a file is not made live',
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, { 'index.html': 'old', 'a/index.html': 'old' });
      const second = releaseOf(2, { 'index.html': 'new', 'a/index.html': 'new too' });
      await publish(destination, first);
      const open = await destination.begin(second.manifest, standing(first), signal);
      await open.put(second.file('index.html'), second.open(second.file('index.html')));
      await assertFails(open.commit(guardOf(destination)), 'destination-damaged');
      await open.abort();
      if (destination.atomic) await assertShows(subject, first);
    },
  ],
  [
    'a commit that comes after somebody else moved the control record makes nothing visible',
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, { 'index.html': 'old' });
      const second = releaseOf(2, { 'index.html': 'new', 'b/index.html': 'b' });
      await publish(destination, first);
      const version = (await destination.control.read(signal))?.version;
      const late = await destination.begin(second.manifest, standing(first), signal);
      for (const file of second.manifest.files) await late.put(file, second.open(file));
      await record(destination, first);
      await assertFails(
        late.commit((work) => work(version)),
        'destination-moved',
      );
      await late.abort();
      await assertShows(subject, first, ['b/index.html']);
    },
    'where it switches at once',
  ],
  [
    'a manifest whose paths could leave the release is refused before anything is written',
    async (subject) => {
      const { destination, inventory } = subject;
      const first = releaseOf(1, { 'index.html': 'old' });
      await publish(destination, first);
      const before = await inventory();
      for (const path of HOSTILE) {
        const hostile = releaseOf(2, { 'index.html': 'new', [path]: 'x' });
        await assertFails(destination.begin(hostile.manifest, standing(first), signal), 'address-hostile');
      }
      assert.is(await inventory(), before);
    },
  ],
  [
    'a manifest with a file where it has a folder is refused',
    async (subject) => {
      const { destination } = subject;
      for (const paths of [
        ['a', 'a/b'],
        ['a/b/c', 'a/b'],
      ]) {
        const release = releaseOf(1, Object.fromEntries(paths.map((path) => [path, path])));
        await assertFails(destination.begin(release.manifest, standing(), signal), 'name-collision');
      }
    },
  ],
  [
    'an aborted signal stops every call and leaves what is live',
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, { 'index.html': 'old' });
      const second = releaseOf(2, { 'index.html': 'new' });
      await publish(destination, first);
      const state = await destination.control.read(signal);
      assert.ok(state);
      const stop = new AbortController();
      const open = await destination.begin(second.manifest, standing(first), stop.signal);
      const file = second.file('index.html');
      await open.put(file, second.open(file));
      stop.abort(new Error('stopped'));
      const calls = {
        put: () => open.put(file, second.open(file)),
        commit: () => open.commit(guardOf(destination)),
        restore: () => open.restore(file),
        begin: () => destination.begin(second.manifest, standing(first), stop.signal),
        open: () => destination.open('index.html', stop.signal),
        prune: () => destination.prune(pruning(destination, first), stop.signal),
        read: () => destination.control.read(stop.signal),
        swap: () => destination.control.swap({ ...state.record, generation: 2 }, state.version, stop.signal),
      };
      for (const [name, call] of Object.entries(calls)) {
        const error = await call().catch((failure: unknown) => failure);
        assert.is((error as Error | undefined)?.message, 'stopped', name);
      }
      await open.abort();
      if (destination.atomic) await assertShows(subject, first);
      assert.equal(await destination.control.read(signal), state);
    },
  ],
];
