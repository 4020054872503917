import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { crowd } from './guarding.ts';
import { STATES } from './matrix.ts';
import type { OriginState } from './origin.ts';
import { type Asked, type EdgeDriver, type Rig, startRig } from './rig.ts';

/** Connections to the origin that each kind of request has. */
const CAP = 3;
const FORM = { method: 'POST', body: 'comment=x' };
const LOGIN = { cookie: 'wordpress_logged_in_0a1b=x' };

type Way = readonly [path: string, asked?: Asked];
/** Ways to the origin, by whose connections they take; those of one kind are never all taken by one test. */
const WAYS: Readonly<Record<string, readonly Way[]>> = {
  'a rule': [['/forum/a'], ['/forum/b', { method: 'HEAD' }], ['/forum/c', FORM]],
  comments: [['/wp-comments-post.php', FORM]],
  'who is logged in, and what is elsewhere': [['/a/', { headers: LOGIN }], ['/nope/']],
};

/** Ways in which the origin's answer may come, or not. */
const ENDS: readonly OriginState[] = [...STATES, 'broken off', 'endless'];

/** However a request to the origin ends, its place among those of its kind is free afterwards. */
export function places(driver: EdgeDriver): void {
  const test = suite(`the places that ${driver.name} has at the origin`, { needs: driver.needs });
  let rig: Rig;
  test.before(async () => {
    rig = await startRig(driver, {
      dynamic: [{ path: '/forum/**', connections: CAP }],
      comments: { connections: CAP },
      connections: CAP,
      elsewhere: 'origin',
      deadline: '2s',
    });
  });
  test.after(() => rig?.close());

  for (const state of ENDS)
    test(`are all free after answers of an origin that is ${state}`, async () => {
      await rig.origin.become(state);
      await toAll((path, asked) => rig.ask(path, asked));
      await assertAllFree(rig);
    });

  test('are all free after a crowd, most of whom got none', async () => {
    await rig.origin.become('slow');
    rig.origin.forget();
    const answers = await Promise.all([crowd(rig, '/forum/a', 250), crowd(rig, '/nope/', 250)]);
    assert.ok(rig.origin.atOnce <= 2 * CAP, `${rig.origin.atOnce} at once`);
    assert.ok(answers.flat().some(({ status }) => status === 503));
    await assertAllFree(rig);
  });

  test('are all free after visitors left before they were answered', async () => {
    await rig.origin.become('slow');
    await toAll((path, asked) => leave(rig, path, asked));
    // What was begun is ended.
    await wait(1000);
    await assertAllFree(rig);
  });

  test('are all free after requests with more headers than there is room for', async () => {
    await rig.origin.become('up');
    const statuses = new Set<number>();
    for (let many = 30; many <= 64; many += 1) {
      const more = Object.fromEntries(Array.from({ length: many }, (_, index) => [`x-${index}`, 'y']));
      await toAll(async (path, { headers, ...asked }) => {
        const { status } = await rig.ask(path, { ...asked, headers: { ...headers, ...more } });
        statuses.add(status);
      });
    }
    assert.ok(statuses.has(200) && statuses.size > 1, `${[...statuses]}`);
    await assertAllFree(rig);
  });

  test.run();
}

/** Each way to the origin, at once. */
async function toAll(go: (path: string, asked: Asked) => Promise<unknown>): Promise<void> {
  await Promise.all(
    Object.values(WAYS)
      .flat()
      .map(([path, asked = {}]) => go(path, asked)),
  );
}

/** Of as many as there are places, and two more, just so many are answered by the origin as there are. */
async function assertAllFree({ origin, ask }: Rig): Promise<void> {
  await origin.become('slow');
  await Promise.all(
    Object.entries(WAYS).map(async ([kind, [way]]) => {
      const [path, asked] = way as Way;
      const answers = await Promise.all(Array.from({ length: CAP + 2 }, () => ask(path, asked)));
      const well = answers.filter(({ headers }) => headers['x-origin'] === 'slow').length;
      assert.is(well, CAP, `${kind}: ${answers.map(({ status }) => status)}`);
    }),
  );
}

/** Asks, and is gone before the answer. */
async function leave({ place }: Rig, path: string, { method = 'GET', headers, body }: Asked): Promise<void> {
  const asked = request({
    ...{ host: '127.0.0.1', port: place.port, path, method },
    headers: { host: 'www.example.org', ...headers },
  });
  asked.on('error', () => {}).end(body);
  await wait(200);
  asked.destroy();
}
