// takes: 10 s
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { canMount, fill, mount, unmount } from '../faults/small-disk.ts';
import { suite } from '../support/suite.ts';
import { type Answer, comment, type Inbox, openInbox } from './rig.ts';

const test = suite('the inbox under strain');

/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:9';
/** Of which each sends a form a second. */
const CLIENTS = 50;
const SECONDS = 3;

/** One form of its own, from an address of its own. */
async function send(inbox: Inbox, nth: number): Promise<Answer & { readonly ms: number }> {
  const began = performance.now();
  const from = `10.${nth >> 16}.${(nth >> 8) & 255}.${nth & 255}`;
  const answer = await inbox.post(comment({ comment: `Words ${nth}` }), { headers: { 'x-forwarded-for': from } });
  return { ...answer, ms: performance.now() - began };
}

const acknowledged = (answers: readonly Answer[]) =>
  answers.flatMap(({ receipt }) => (receipt === undefined ? [] : [receipt])).sort();

const kept = async (inbox: Inbox) => (await inbox.entries()).map(({ receipt }) => receipt).sort();

test('fifty a second while the origin is away: each is acknowledged, and what is acknowledged is there', async () => {
  const inbox = await openInbox(NOWHERE);
  try {
    const client = async (nth: number) => {
      const answers = [];
      await wait((nth / CLIENTS) * 1000);
      for (let second = 0; second < SECONDS; second++) {
        const [answer] = await Promise.all([send(inbox, second * CLIENTS + nth), wait(1000)]);
        answers.push(answer);
      }
      return answers;
    };
    const answers = (await Promise.all(Array.from({ length: CLIENTS }, (_, nth) => client(nth)))).flat();
    assert.equal(new Set(answers.map(({ status }) => status)), new Set([202]));
    assert.equal(await kept(inbox), acknowledged(answers));
    assert.is((await kept(inbox)).length, CLIENTS * SECONDS);
    // How soon is measured by bench/inbox.ts: on a busy machine it says little.
    const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
    const at = (part: number) => times[Math.floor(times.length * part)] ?? Number.NaN;
    console.log(`median ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms`);
  } finally {
    await inbox.close();
  }
});

test('a flood is told at once that nothing was kept, and what was promised before and within it is there', async () => {
  const inbox = await openInbox(NOWHERE, { limits: { perSecond: 20 } });
  try {
    const answers = await Promise.all(Array.from({ length: 400 }, (_, nth) => send(inbox, nth)));
    const busy = answers.filter(({ status }) => status === 503);
    assert.is(answers.filter(({ status }) => status === 202).length + busy.length, answers.length);
    assert.ok(busy.length >= 200, `${busy.length} were told`);
    for (const { body, headers } of busy) {
      assert.match(body, /full<\/p>.*<textarea>\nWords \d+<\/textarea>/s);
      assert.match(headers['retry-after'] ?? '', /^\d+$/);
    }
    assert.ok(acknowledged(answers).length >= 20);
    assert.equal(await kept(inbox), acknowledged(answers));
    assert.equal(await readdir(join(inbox.spool, 'tmp')), []);
  } finally {
    await inbox.close();
  }
});

const onDisk = (await canMount()) ? test : test.skip;

/** An inbox whose spool lies on a disk of its own. */
async function onSmallDisk(work: (inbox: Inbox, disk: string) => Promise<void>): Promise<void> {
  const disk = await mkdtemp(join(tmpdir(), 'holdfast-disk-'));
  assert.ok(mount(disk, 'size=1m'));
  try {
    const inbox = await openInbox(NOWHERE, {}, join(disk, 'project'));
    try {
      await work(inbox, disk);
    } finally {
      await inbox.close();
    }
  } finally {
    unmount(disk);
    await rm(disk, { recursive: true });
  }
}

function assertToldLost({ status, body, receipt }: Answer, words: string): void {
  assert.is(status, 503);
  assert.is(receipt, undefined);
  assert.match(body, `<title>not-kept</title>`);
  assert.ok(body.includes(words), 'with the words to copy');
}

onDisk(
  'a full disk: the visitor is told that it was not kept, nothing half is left, and with room again the next is',
  () =>
    onSmallDisk(async (inbox, disk) => {
      assert.is((await send(inbox, 1)).status, 202);
      const empty = fill(disk);
      assertToldLost(await send(inbox, 2), 'Words 2');
      await empty();
      assert.equal(await readdir(join(inbox.spool, 'tmp')), []);
      assert.is((await send(inbox, 2)).status, 202);
      assert.is((await kept(inbox)).length, 2);
    }),
);

onDisk('a disk that turns read-only: the same, and what was kept before can still be read', () =>
  onSmallDisk(async (inbox, disk) => {
    assert.is((await send(inbox, 1)).status, 202);
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    assertToldLost(await send(inbox, 2), 'Words 2');
    assert.is((await kept(inbox)).length, 1);
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    assert.is((await send(inbox, 2)).status, 202);
    assert.is((await kept(inbox)).length, 2);
  }),
);

test.run();
