import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import type { ControlRecord } from '../../src/publish/destination.ts';
import { assertFails, assertShows, type Case, signal } from './case.ts';
import { publish, read, record, releaseOf, transfer } from './releases.ts';

/** The record, earlier releases and leftovers. */
export const keeps: readonly Case[] = [
  [
    'of two moves of one record one wins, also when they come at once',
    async ({ destination }) => {
      const first = releaseOf(1, { 'index.html': 'front' });
      await transfer(destination, first);
      const moved = await record(destination, first);
      const state = await destination.control.read(signal);
      const attempt = (lineage: string): Promise<string> => {
        const next: ControlRecord = { ...moved, generation: 2, lineage };
        return destination.control.swap(next, state?.version, signal);
      };
      const ended = await Promise.allSettled([attempt('one'), attempt('two')]);
      assert.equal(ended.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      const lost = ended.find((result) => result.status === 'rejected');
      assert.ok(isHoldfastError(lost?.reason, 'destination-moved'));
      await assertFails(attempt('three'), 'destination-moved');
      await assertFails(destination.control.swap(moved, undefined, signal), 'destination-moved');
      const now = await destination.control.read(signal);
      const won = ended.find((result) => result.status === 'fulfilled');
      assert.is(now?.version, won?.value);
      assert.is(now?.record.generation, 2);
    },
  ],
  [
    'a first record is refused where there is one, and accepted where there is none',
    async ({ destination }) => {
      const first = releaseOf(1, { 'index.html': 'front' });
      await transfer(destination, first);
      const moved: ControlRecord = { ...(await record(destination, first)), generation: 9 };
      await assertFails(destination.control.swap(moved, 'a version nobody gave', signal), 'destination-moved');
      assert.is((await destination.control.read(signal))?.record.generation, 1);
    },
  ],
  [
    'a switch whose record was not moved shows as unsettled, and putting every file again settles it',
    async ({ destination }) => {
      const first = releaseOf(1, { 'index.html': 'old' });
      const second = releaseOf(2, { 'index.html': 'new', 'b/index.html': 'b' });
      await publish(destination, first);
      await transfer(destination, second, first);
      assert.is((await destination.control.read(signal))?.settled, false);
      const third = releaseOf(3, { 'index.html': 'newer', 'b/index.html': 'b' });
      await publish(destination, third);
      await assertShows(destination, third);
      assert.is((await destination.control.read(signal))?.settled, true);
    },
  ],
  [
    'removing what is old keeps every kept release whole, and the live one even when it is not named',
    async ({ destination }) => {
      const releases = [1, 2, 3, 4].map((n) =>
        releaseOf(n, { 'index.html': `front ${n}`, 'same/index.html': 'same', [`p${n}/index.html`]: `only ${n}` }),
      );
      for (const [n, release] of releases.entries()) await publish(destination, release, releases[n - 1]);
      const [first, second, third, fourth] = releases;
      assert.ok(first && second && third && fourth);
      assert.ok((await destination.prune([second.manifest, third.manifest], signal)).removed > 0);
      await assertShows(destination, fourth);
      assert.is(await read(destination, `_holdfast/releases/${first.manifest.id}.json`), undefined);
      for (const { manifest } of [second, third, fourth]) {
        assert.ok(await read(destination, `_holdfast/releases/${manifest.id}.json`), manifest.id);
      }
      assert.equal(await destination.prune([second.manifest, third.manifest, fourth.manifest], signal), { removed: 0 });
      await publish(destination, second, fourth);
      await assertShows(destination, second, ['p4/index.html']);
      await publish(destination, third, second);
      await assertShows(destination, third, ['p2/index.html']);
    },
  ],
  [
    'a return to an earlier release and back shows each whole',
    async ({ destination, variant }) => {
      const first = releaseOf(1, { 'index.html': { body: 'one', isCompressed: true }, 'a/index.html': 'a' });
      const second = releaseOf(2, { 'index.html': { body: 'two', isCompressed: true }, 'b/index.html': 'b' });
      await publish(destination, first);
      await publish(destination, second, first);
      await publish(destination, first, second);
      await assertShows(destination, first, ['b/index.html']);
      assert.is(String(await variant('index.html', 'br')), 'br:one');
      await publish(destination, second, first);
      await assertShows(destination, second, ['a/index.html']);
    },
  ],
  [
    'what a killed transfer left is in nobody’s way and goes',
    async ({ destination, inventory }) => {
      const first = releaseOf(1, { 'index.html': 'old' });
      const second = releaseOf(2, { 'index.html': 'new', 'b/index.html': 'b' });
      await publish(destination, first);
      const clean = await inventory();
      const killed = await destination.begin(second.manifest, first.manifest, signal);
      for (const file of second.manifest.files) await killed.put(file, second.open(file));
      assert.ok((await destination.prune([first.manifest], signal)).removed > 0);
      assert.is(await inventory(), clean);
      await publish(destination, second, first);
      await assertShows(destination, second);
    },
  ],
];
