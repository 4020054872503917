import * as assert from 'uvu/assert';
import { createForms } from '../../src/inbox/forms.ts';
import { openKnown } from '../../src/inbox/known.ts';
import { inboxOf } from '../../src/inbox/open.ts';
import { replay } from '../../src/inbox/replay.ts';
import { createUnsealer } from '../../src/inbox/seal.ts';
import type { Folder, Spool } from '../../src/inbox/spool.ts';
import { drainSeconds } from '../../src/inbox/state.ts';
import type { Errand, Handed } from '../../src/origin/hand.ts';
import { suite } from '../support/suite.ts';
import { openReplaying } from './replaying.ts';
import { loadedIn, SITE, siteIn } from './rig.ts';

const test = suite('the order of a replay');

test('the folder is listed once a round, and what comes meanwhile is delivered by the same run', async () => {
  const { spool, dir, clock, add, close } = await openReplaying('http://127.0.0.1:9');
  const lists: Folder[] = [];
  const watched: Spool = {
    ...spool,
    list: (folder) => {
      lists.push(folder);
      return spool.list(folder);
    },
  };
  const delivered: string[] = [];
  const courier = {
    hand: async ({ method, body }: Errand): Promise<Handed> => {
      if (method !== 'POST') return { kind: 'answer', status: 200, headers: [], body: Buffer.from('front') };
      const words = new URLSearchParams(body?.toString()).get('comment') ?? '';
      delivered.push(words);
      if (words === 'words 3') await add({ comment: 'late' });
      const location = 'https://www.example.org/a/#comment-9';
      return { kind: 'answer', status: 302, headers: [['Location', location]], body: Buffer.alloc(0) };
    },
    close: () => {},
  };
  try {
    for (let nth = 0; nth < 12; nth++) await add({ comment: `words ${nth}` });
    const loaded = loadedIn(dir, { site: { name: 'Tide pools', url: SITE }, inbox: {} });
    const config = inboxOf(loaded);
    const unsealer = await createUnsealer(undefined);
    const rest = { courier, authorization: undefined, deadline: 1000 };
    const parts = { config, site: siteIn(loaded), clock, unsealer, forms: createForms(config), rest, log: () => {} };
    const report = await replay({ ...parts, spool: watched }, new AbortController().signal);
    assert.equal([report.delivered, report.waiting, delivered.at(-1)], [13, 0, 'late']);
    // A round of twelve, one of the late one, one that finds nothing, and what is left for the report.
    assert.is(lists.filter((folder) => folder === 'new').length, 4);
  } finally {
    await close();
  }
});

test('a form that is sent again is known, also while the first is claimed or put back', async () => {
  const { spool, clock, add, close } = await openReplaying('http://127.0.0.1:9');
  try {
    const entry = await add({});
    let move: readonly [from: Folder, to: Folder] | undefined;
    const moving: Spool = {
      ...spool,
      // It goes right after the folder was read that it comes to.
      async list(folder) {
        const found = await spool.list(folder);
        if (move?.[1] !== folder) return found;
        const [from, to] = move;
        move = undefined;
        await spool.move(entry, from, to);
        return found;
      },
    };
    const known = await openKnown(moving);
    await spool.move(entry, 'new', 'cur');
    move = ['cur', 'new'];
    assert.is(await known.find(entry.key, clock.now()), entry.receipt, 'put back');
    assert.is(move, undefined);
    await spool.move(entry, 'new', 'cur');
    await spool.move(entry, 'cur', 'done');
    assert.is(await known.find(entry.key, clock.now()), entry.receipt, 'delivered');
    await spool.move(entry, 'done', 'refused');
    assert.is(await known.find(entry.key, clock.now()), undefined, 'a dead letter may be sent again');
  } finally {
    await close();
  }
});

test('what draining takes is told by the waits between any two: one alone waits for nothing', () => {
  const form = 16_000;
  const told = [0, 1, 2, 3].map((count) => drainSeconds(count, form));
  assert.equal(told, [0, 1, 17, 33]);
  assert.equal(
    [1, 4].map((count) => drainSeconds(count, 100)),
    [1, 1],
  );
});

test.run();
