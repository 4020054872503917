import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import type { ControlRecord } from '../../src/publish/control.ts';
import type { Destination } from '../../src/publish/destination.ts';
import { assertFails, assertShows, type Case, signal } from './case.ts';
import { guardOf, pruning, publish, type Release, read, record, releaseOf, standing, transfer } from './releases.ts';

/** The record, earlier releases and leftovers. */
export const keeps: readonly Case[] = [
  [
    'of two moves of one record one wins, also when they come at once',
    async (subject) => {
      const { destination } = subject;
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
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, { 'index.html': 'front' });
      await transfer(destination, first);
      const moved: ControlRecord = { ...(await record(destination, first)), generation: 9 };
      await assertFails(destination.control.swap(moved, 'a version nobody gave', signal), 'destination-moved');
      assert.is((await destination.control.read(signal))?.record.generation, 1);
    },
  ],
  [
    'a record with a hold shows its flags where a web server can look, one without shows none, and releases know nothing of it',
    async (subject) => {
      const { destination, inventory } = subject;
      const first = releaseOf(1, { 'index.html': 'front' });
      await publish(destination, first);
      const pages = ['busy', 'launch', 'maintenance'];
      for (const page of ['busy', 'busy', 'launch', null, null, 'maintenance'] as const) {
        await holdTo(destination, page);
        assert.is((await destination.control.read(signal))?.record.hold?.page, page ?? undefined);
        const isFlag = destination.holds === 'flag';
        for (const name of ['on', ...pages]) {
          const isShown = isFlag && page !== null && (name === 'on' || name === page);
          const flag = await read(destination, `_holdfast/hold/${name}`);
          assert.is(
            flag === undefined ? undefined : String(flag),
            isShown ? `${page}\n` : undefined,
            `${name}: ${page}`,
          );
        }
        await assertShows(subject, first);
        if (page === null) assert.not.match(await inventory(), /_holdfast\/hold(\/| |$)/m, 'nothing of it is left');
      }
      const second = releaseOf(2, { 'index.html': 'second' });
      await transfer(destination, second, first);
      await assertShows(subject, second);
      assert.is(
        Boolean(await read(destination, '_holdfast/hold/on')),
        destination.holds === 'flag',
        'it survives a publish',
      );
    },
  ],
  [
    'a switch whose record was not moved shows as unsettled, and putting every file again settles it',
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, { 'index.html': 'old' });
      const second = releaseOf(2, { 'index.html': 'new', 'b/index.html': 'b' });
      await publish(destination, first);
      await transfer(destination, second, first);
      assert.is((await destination.control.read(signal))?.settled, false);
      const third = releaseOf(3, { 'index.html': 'newer', 'b/index.html': 'b' });
      await publish(destination, third);
      await assertShows(subject, third);
      assert.is((await destination.control.read(signal))?.settled, true);
    },
    'where it switches at once',
  ],
  [
    'removing what is old keeps every kept release whole, and the live one',
    async (subject) => {
      const { destination } = subject;
      const releases = [1, 2, 3, 4].map((n) =>
        releaseOf(n, { 'index.html': `front ${n}`, 'same/index.html': 'same', [`p${n}/index.html`]: `only ${n}` }),
      );
      for (const [n, release] of releases.entries()) await publish(destination, release, releases[n - 1]);
      const [first, second, third, fourth] = releases;
      assert.ok(first && second && third && fourth);
      const kept = [second, third];
      const dropping = { retired: [first.manifest], dropped: [first.manifest] };
      assert.ok((await destination.prune(pruning(destination, fourth, { kept, ...dropping }), signal)).removed > 0);
      await assertShows(subject, fourth);
      assert.is(await read(destination, `_holdfast/releases/${first.manifest.id}.json`), undefined);
      for (const { manifest } of [second, third, fourth]) {
        assert.ok(await read(destination, `_holdfast/releases/${manifest.id}.json`), manifest.id);
      }
      assert.equal(await destination.prune(pruning(destination, fourth, { kept }), signal), { removed: 0 });
      await publish(destination, second, fourth);
      await assertShows(subject, second, ['p4/index.html']);
      await publish(destination, third, second);
      await assertShows(subject, third, ['p2/index.html']);
    },
  ],
  [
    'a return to an earlier release and back shows each whole',
    async (subject) => {
      const { destination, encodings, variant } = subject;
      const first = releaseOf(1, { 'index.html': { body: 'one', isCompressed: true }, 'a/index.html': 'a' });
      const second = releaseOf(2, { 'index.html': { body: 'two', isCompressed: true }, 'b/index.html': 'b' });
      await publish(destination, first);
      await publish(destination, second, first);
      await publish(destination, first, second);
      await assertShows(subject, first, ['b/index.html']);
      if (encodings.includes('br')) assert.is(String(await variant('index.html', 'br')), 'br:one');
      await publish(destination, second, first);
      await assertShows(subject, second, ['a/index.html']);
    },
  ],
  [
    'what a killed transfer left is in nobody’s way and goes',
    async (subject) => {
      const { destination, inventory } = subject;
      const first = releaseOf(1, { 'index.html': 'old' });
      const second = releaseOf(2, { 'index.html': 'new', 'b/index.html': 'b' });
      await publish(destination, first);
      const clean = await inventory();
      const killed = await destination.begin(second.manifest, standing(first), signal);
      for (const file of second.manifest.files) await killed.put(file, second.open(file));
      assert.ok((await destination.prune(pruning(destination, first), signal)).removed > 0);
      assert.is(await inventory(), clean);
      await publish(destination, second, first);
      await assertShows(subject, second);
    },
    'where it switches at once',
  ],
  [
    'what a killed transfer put is put right by a transfer that knows it as unsure, and the way back stays true',
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, { 'index.html': 'old', 'a/index.html': 'a' });
      const second = releaseOf(2, { 'index.html': 'new', 'a/index.html': 'a', 'b/index.html': 'b' });
      const third = releaseOf(3, { 'index.html': 'newest', 'a/index.html': 'a' });
      await publish(destination, first);
      const killed = await destination.begin(second.manifest, standing(first), signal);
      for (const path of ['index.html', 'b/index.html'])
        await killed.put(second.file(path), second.open(second.file(path)));
      const unsure = new Set(['index.html', 'b/index.html']);
      const mending = await destination.begin(third.manifest, standing(first, { unsure }), signal);
      await mending.put(third.file('index.html'), third.open(third.file('index.html')));
      await mending.commit(guardOf(destination));
      await record(destination, third);
      const retired = [first.manifest, second.manifest];
      await destination.prune(
        pruning(destination, third, { kept: [first], retired, dropped: [second.manifest] }),
        signal,
      );
      await assertShows(subject, third, ['b/index.html']);
      const back = await destination.begin(first.manifest, standing(third, { source: first.manifest }), signal);
      await back.restore(first.file('index.html'));
      await back.commit(guardOf(destination));
      await assertShows(subject, first);
    },
    'where each put shows',
  ],
  [
    'a release that is kept comes back without its bytes being sent, each form of each file',
    async (subject) => {
      const { destination, encodings, variant } = subject;
      const same = { 'same/index.html': 'same' };
      const first = releaseOf(1, {
        ...same,
        'index.html': { body: 'one', isCompressed: true },
        'gone/index.html': 'gone',
        'a/one.css': 'one',
      });
      const second = releaseOf(2, { ...same, 'index.html': { body: 'two', isCompressed: true }, 'a/two.css': 'two' });
      await publish(destination, first);
      await publish(destination, second, first);
      assert.equal(await states(destination, first, false), new Set(['whole']));
      const back = await destination.begin(first.manifest, standing(second, { source: first.manifest }), signal);
      for (const path of ['a/one.css', 'gone/index.html', 'index.html']) await back.restore(first.file(path));
      await back.commit(guardOf(destination));
      await record(destination, first);
      await assertShows(subject, first);
      for (const encoding of encodings) assert.ok(await variant('index.html', encoding), encoding);
      assert.equal(await states(destination, first, true), new Set(['whole']));
    },
  ],
  [
    'a file that no kept release has cannot be restored',
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, { 'index.html': 'one' });
      const second = releaseOf(2, { 'index.html': 'two' });
      const third = releaseOf(3, { 'index.html': 'three' });
      await publish(destination, first);
      await publish(destination, second, first);
      const open = await destination.begin(third.manifest, standing(second, { source: first.manifest }), signal);
      await assertFails(open.restore(third.file('index.html')), 'destination-damaged');
      await open.abort();
      await assertShows(subject, second);
    },
  ],
  [
    'what was withdrawn is gone from public names and from what can be returned to',
    async (subject) => {
      const { destination } = subject;
      const first = releaseOf(1, { 'index.html': 'one', 'secret/index.html': 'a secret', 'b/index.html': 'b' });
      const second = releaseOf(2, { 'index.html': 'one' });
      await publish(destination, first);
      await transfer(destination, second, first);
      await record(destination, second);
      const isWithdrawn = (path: string) => path.startsWith('secret/');
      await destination.prune(
        pruning(destination, second, { kept: [first], retired: [first.manifest], isWithdrawn }),
        signal,
      );
      await assertShows(subject, second, ['secret/index.html', 'b/index.html']);
      const found = await states(destination, first, false, ['secret/index.html', 'b/index.html']);
      assert.equal(found, new Set(['absent', 'whole']));
    },
    'where each put shows',
  ],
];

/** Moves the record's hold alone, as a person at any machine may. */
async function holdTo({ control }: Destination, page: string | null): Promise<void> {
  const state = await control.read(signal);
  assert.ok(state);
  const { record, version } = state;
  const hold = page === null ? null : { page, since: '2027-02-02T09:00:00.000Z', by: 'somebody' };
  await control.swap({ ...record, generation: record.generation + 1, hold }, version, signal);
}

/** How these files of a release, or all of them, are found. */
async function states(
  destination: Destination,
  release: Release,
  isLive: boolean,
  paths = release.manifest.files.map(({ path }) => path),
): Promise<Set<string>> {
  const files = paths.map((path) => release.file(path));
  const found = new Set<string>();
  for await (const { state } of destination.readBack(release.manifest, { files, isLive }, signal)) found.add(state);
  return found;
}
