import type { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { assertShows, type Case, signal } from './case.ts';
import { publish, read, releaseOf, standing, transfer } from './releases.ts';

function neverOpened(): Readable {
  throw new Error('a file that is there was opened');
}

/** What was published is what visitors get. */
export const shows: readonly Case[] = [
  [
    'where nothing was published there is no record and no file',
    async (subject) => {
      const { destination } = subject;
      assert.is(await destination.control.read(signal), undefined);
      assert.is(await read(destination, 'index.html'), undefined);
    },
  ],
  [
    'a first release is read back whole, its manifest and its record with it',
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, {
        'index.html': 'front',
        'a/b/c/index.html': 'deep',
        'style.css': 'body{}',
        'empty.txt': '',
      });
      await publish(destination, first);
      await assertShows({ destination }, first, ['a', 'a/b/index.html', 'style.css/x', '', '../secret', '/index.html']);
      const manifest = await read(destination, `_holdfast/releases/${first.manifest.id}.json`);
      assert.equal(JSON.parse(String(manifest)), first.manifest);
      const state = await destination.control.read(signal);
      assert.is(state?.record.live, first.manifest.id);
      assert.is(state?.settled, true);
    },
  ],
  [
    'publishing what is live writes nothing and opens nothing',
    async (subject) => {
      const { destination, inventory } = subject;
      const first = releaseOf(1, { 'index.html': 'front', 'a/index.html': { body: 'a', isCompressed: true } });
      await publish(destination, first);
      const before = await inventory();
      await transfer(destination, first, first);
      const again = await destination.begin(first.manifest, standing(), signal);
      for (const file of first.manifest.files) await again.put(file, neverOpened);
      await again.abort();
      assert.is(await inventory(), before);
      await assertShows(subject, first);
    },
  ],
  [
    'a changed file is new, one that was removed is gone, and the rest is as it was',
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, {
        'index.html': 'front',
        'a/index.html': 'a',
        'a/x/index.html': 'x',
        'b/index.html': 'b',
        's.css': 's',
      });
      const second = releaseOf(2, {
        'index.html': 'front',
        'a/index.html': 'A',
        'a/x/index.html': 'x',
        'c/index.html': 'c',
        's.css': 's',
      });
      await publish(destination, first);
      await publish(destination, second, first);
      await assertShows(subject, second, ['b/index.html']);
    },
  ],
  [
    'a folder becomes a file and a file becomes a folder',
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, { 'a/index.html': 'in a folder', b: 'a file' });
      const second = releaseOf(2, { a: 'a file', 'b/index.html': 'in a folder' });
      await publish(destination, first);
      await publish(destination, second, first);
      await assertShows(subject, second, ['a/index.html', 'b']);
      await publish(destination, first, second);
      await assertShows(subject, first, ['a', 'b/index.html']);
    },
  ],
  [
    'compressed variants are beside their file, change with it and go with it',
    async (subject) => {
      const { destination, encodings, variant } = subject;
      const body = 'text '.repeat(1000);
      const first = releaseOf(1, { 'index.html': { body, isCompressed: true }, 'a.css': { body, isCompressed: true } });
      const second = releaseOf(2, { 'index.html': { body: `${body}!`, isCompressed: true }, 'a.css': body });
      await publish(destination, first);
      const packed = await variant('index.html', 'gzip');
      assert.is(packed && gunzipSync(packed).toString(), body);
      if (encodings.includes('br')) assert.is(String(await variant('a.css', 'br')), `br:${body}`);
      await publish(destination, second, first);
      if (encodings.includes('br')) assert.is(String(await variant('index.html', 'br')), `br:${body}!`);
      assert.is(await variant('a.css', 'gzip'), undefined);
      await assertShows(subject, second);
    },
  ],
  [
    'a redirect leads on in another way, becomes a page and leads on again, and is read back whole each time',
    async (subject) => {
      const { destination } = subject;
      const body = { body: 'moved', isCompressed: true };
      const to = 'https://www.example.org/new/';
      const releases = [
        releaseOf(1, { 'old/index.html': { ...body, leads: [301, to] }, 'new/index.html': 'new' }),
        releaseOf(2, { 'old/index.html': { ...body, leads: [302, to] }, 'new/index.html': 'new' }),
        releaseOf(3, { 'old/index.html': body, 'new/index.html': 'new' }),
        releaseOf(4, { 'old/index.html': { ...body, leads: [301, to] }, 'new/index.html': 'newer' }),
      ];
      for (const [index, release] of releases.entries()) {
        await publish(destination, release, releases[index - 1]);
        await assertShows(subject, release, ['old/.index.html']);
        const wish = { files: release.manifest.files, isLive: true };
        for await (const { file, state } of destination.readBack(release.manifest, wish, signal))
          assert.is(state, 'whole', `${file.path} of release ${index + 1}`);
      }
    },
  ],
  [
    'a variant never takes the place of a file of the release',
    async (subject) => {
      const { destination } = subject;
      const release = releaseOf(1, {
        'a.js': { body: 'script', isCompressed: true },
        'a.js.gz': 'a download',
        'a.js.br': 'another',
      });
      await publish(destination, release);
      await assertShows(subject, release);
    },
  ],
  [
    'names in any script, with spaces and signs, are names like others',
    async (subject) => {
      const { destination } = subject;
      const names = [
        '2024/café/index.html',
        'ひ/び.html',
        'with space/a b.html',
        '100%/50%25.html',
        'a#b?c&d=e.html',
        'it\'s "so".html',
      ];
      const more = [
        '-rf/--x.html',
        '.well-known/x',
        'a\\b.html',
        'current/trees/index.html',
        '_holdfast/holding/busy.html',
        `${'n'.repeat(200)}.html`,
      ];
      const release = releaseOf(1, Object.fromEntries([...names, ...more].map((name) => [name, `content of ${name}`])));
      await publish(destination, release);
      await assertShows(subject, release);
    },
  ],
  [
    'equal files and equal folders in many places are each there',
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, Object.fromEntries(['', 'a/', 'b/', 'b/c/'].map((at) => [`${at}index.html`, 'same'])));
      const second = releaseOf(2, {
        'a/index.html': 'same',
        'b/index.html': 'same',
        'd/index.html': 'same',
        'd/e.html': 'other',
      });
      await publish(destination, first);
      await publish(destination, second, first);
      await assertShows(subject, second, ['index.html', 'b/c/index.html']);
    },
  ],
  [
    'internal files are not for visitors',
    async (subject) => {
      const { destination } = subject;
      const release = releaseOf(1, { 'index.html': 'front', 'notes.txt': { body: 'ours', kind: 'internal' } });
      await transfer(destination, release);
      assert.is(await read(destination, 'notes.txt'), undefined);
    },
  ],
];
