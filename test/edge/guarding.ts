import { readFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { HOLDING } from './release.ts';
import { type EdgeDriver, type Rig, type Served, startRig, until } from './rig.ts';

const BUSY = HOLDING.find(({ name }) => name === 'busy')?.html.toString() ?? '';
/** No test asks for these before their server is gone, so that no cache has them. */
const NEVER_ASKED = ['/caf%C3%A9/', '/nope/at/all', '/module.mjs'];

/** What a server that stands before one with the files makes of that one's end; `more` are tests of its own on the same rig. */
export function guarding(driver: EdgeDriver, more: (test: ReturnType<typeof suite>, rig: () => Rig) => void): void {
  const test = suite(`${driver.name} and what is behind it`, { needs: driver.needs });
  let rig: Rig;
  test.before(async () => {
    rig = await startRig(driver);
  });
  test.after(() => rig?.close());

  more(test, () => rig);

  test('with its web server gone visitors get the holding page, and what needs the origin goes on', async () => {
    await rig.origin.become('up');
    await rig.stopFiles();
    await until(async () => (await rig.ask(NEVER_ASKED[0] ?? '')).status === 503);
    for (const path of NEVER_ASKED) {
      const { status, body, headers } = await rig.ask(path);
      assert.equal([status, body.toString()], [503, BUSY], path);
      assert.equal([headers['cache-control'], headers['retry-after']], ['no-store', '60'], path);
    }
    assert.is((await rig.ask('/forum/')).status, 200);
    await rig.origin.become('refused');
    assert.is((await rig.ask('/forum/')).body.toString(), BUSY);
    // A cache shows what it has.
    if (driver.name === 'varnish') assert.is((await rig.ask('/a/')).status, 200);
  });

  test.run();
}

/** How long the state of the origin is kept; each time that it runs out it may be asked for once. */
const LIFE_MS = 1000;

/** Makes a page such that a cache has to ask for it; the path comes back with a query of its own, by which the log behind is read. */
const COLD: readonly [does: string, before: (rig: Rig) => Promise<string>, life?: number][] = [
  ['was never asked for', async () => '/a/b/?cold'],
  ['is missing', async () => '/nope/to/all/?missing'],
  [
    'was purged',
    async ({ ask }) => {
      assert.is((await ask('/a/?warm')).status, 200);
      assert.is((await ask('/a/', { method: 'PURGE' })).status, 200);
      return '/a/?purged';
    },
  ],
  [
    'ran out',
    async ({ ask }) => {
      assert.is((await ask('/_holdfast/origin.json?warm')).status, 200);
      await wait(LIFE_MS + 200);
      return '/_holdfast/origin.json?expired';
    },
    LIFE_MS,
  ],
];

/** Many who want the same of a cache at once. */
export function coalescing(test: ReturnType<typeof suite>, rig: () => Rig): void {
  for (const [does, before, life = Number.POSITIVE_INFINITY] of COLD)
    test(`500 visitors at once on a file that ${does}: the web server behind is asked once`, async () => {
      const path = await before(rig());
      const answers = await crowd(rig(), path, 500);
      assert.is(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size, 1);
      // nginx writes its log once a second.
      await until(async () => (await askedBehind(rig(), path)) > 0);
      const lives = 1 + Math.floor(Math.max(...answers.map(({ ms }) => ms)) / life);
      assert.ok((await askedBehind(rig(), path)) <= lives, `${await askedBehind(rig(), path)} in ${lives} lives`);
    });
}

async function askedBehind({ place }: Rig, path: string): Promise<number> {
  const log = await readFile(join(`${place.scratch}-files`, 'access.log'), 'utf8').catch(() => '');
  return log.split('\n').filter((line) => line.includes(`"uri":"${path}"`)).length;
}

/** A cap of four, and four in the queue for each; half of the rig's deadline is what they wait there at most. */
const [CAP, QUEUED, PATIENCE_MS] = [4, 16, 1500];

/** Many who want of the origin what it does not give. */
export function queueing(test: ReturnType<typeof suite>, rig: () => Rig): void {
  test('a full queue sends visitors to the holding page at once, those in it after a little wait', async () => {
    const { origin } = rig();
    await origin.become('hang');
    origin.forget();
    const answers = await crowd(rig(), '/forum/full', 60);
    for (const { status, body } of answers) assert.equal([status, body.toString()], [503, BUSY]);
    const waited = answers.filter(({ ms }) => ms >= PATIENCE_MS).length;
    assert.is(waited, CAP + QUEUED);
    assert.is(origin.requests.length, CAP);
  });
}

/** An address beyond its limits, where a server has some: what it is told, and after how many seconds it may come back. */
export function limiting(driver: EdgeDriver, told: string, again: number): void {
  const test = suite(`what ${driver.name} does with one address`, { needs: driver.needs });
  test('who asks too much is told so, and when to come back', async () => {
    const few = await startRig(driver, { limits: { connections: 50, requestsPerSecond: 1, burst: 20 } });
    try {
      const [files, origin] = [await crowd(few, '/a/', 60), await crowd(few, '/forum/a', 30)];
      for (const answers of [files, origin]) {
        // The web server behind has the same limits, and may be the one that says so.
        const refused = answers.filter(({ status, body }) => status === 429 && body.includes(told));
        assert.ok(refused.length > 20, `${refused.length} refused`);
        for (const { headers } of refused) assert.is(headers['retry-after'], `${again}`);
      }
      assert.ok(files.some(({ status }) => status === 200));
    } finally {
      await few.close();
    }
  });
  test.run();
}

interface Timed extends Served {
  /** From the first of all requests to the end of this answer. */
  readonly ms: number;
}

/** So many at once, each by a connection of its own. */
export async function crowd({ ask }: Rig, path: string, visitors: number): Promise<readonly Timed[]> {
  const agent = new Agent({ keepAlive: false, maxSockets: visitors });
  const began = performance.now();
  try {
    const one = async () => ({ ...(await ask(path, { agent })), ms: performance.now() - began });
    return await Promise.all(Array.from({ length: visitors }, one));
  } finally {
    agent.destroy();
  }
}
