import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { detectingReader } from '../../src/report/formats/detect.ts';
import { kindOf } from '../../src/report/kinds.ts';
import type { LoggedRequest } from '../../src/report/request.ts';
import { labelOf } from '../../src/report/table.ts';
import { suite } from '../support/suite.ts';
import { type EdgeDriver, type Rig, startRig, until } from './rig.ts';

const LOGIN = { cookie: 'wordpress_logged_in_1=x' };
const REFERRER = 'https://e.org/"\\';

/** What a request was and how the report counts it. */
type Row = readonly [path: string, kind: string, headers?: Readonly<Record<string, string>>];
const WELL: readonly Row[] = [
  ['/a?kinds', 'static'],
  ['/caf%C3%A9/?kinds', 'static'],
  ['/feed/?kinds', 'static'],
  ['/style.css?kinds', 'asset'],
  ['/old?kinds', 'redirect'],
  ['/.well-known/security.txt?kinds', 'asset'],
  ['/nope/?kinds&a=.css', '404'],
  ['/nope.css?kinds', 'asset'],
  ['/_holdfast/holding/busy.html?kinds', 'holding busy'],
  ['/_holdfast/pixel.gif?kind=holding&name=launch&kinds', 'pixel holding launch'],
  ['/forum/?kinds', 'dynamic'],
  ['/?s=x&kinds', 'dynamic'],
  ['/a/?kinds', 'dynamic', LOGIN],
];
const BODILESS = '/feed/?kinds&head';
const COMMENT = '/wp-comments-post.php?kinds';

/** Holds a server's access log against the report: each kind of answer, as the generated configuration writes it. */
export function logging(driver: EdgeDriver): void {
  const test = suite(`what ${driver.name} says of its answers`, { needs: driver.needs });
  let rig: Rig;
  test.before(async () => {
    rig = await startRig(driver);
  });
  test.after(() => rig?.close());

  test('the access log tells the report what each answer was', async () => {
    const comment = () => rig.ask(COMMENT, { method: 'POST', body: 'comment=x', headers: { referer: REFERRER } });
    const look = (path: string, headers = {}) => rig.ask(path, { headers: { referer: REFERRER, ...headers } });
    // A program that reads the log of another, as Varnish's does, misses what was asked before it had found it.
    await until(async () => {
      await look('/a/');
      await wait(200);
      return (await readFile(join(rig.place.scratch, 'access.log'), 'utf8').catch(() => '')) !== '';
    });
    for (const [path, , headers] of WELL) await look(path, headers);
    await rig.ask(BODILESS, { method: 'HEAD', headers: { referer: REFERRER } });
    await comment();
    await rig.origin.become('refused');
    for (const path of ['/forum/?kinds', '/a/?kinds']) await look(path, LOGIN);
    await comment();
    await rig.hold('launch');
    await look('/a/?kinds');
    const rows: readonly Row[] = [
      ...WELL,
      [BODILESS, 'static'],
      [COMMENT, 'inbox'],
      ['/forum/?kinds', 'holding busy'],
      ['/a/?kinds', 'holding busy'],
      [COMMENT, 'holding not-kept'],
      ['/a/?kinds', 'holding launch'],
    ];
    const told = await loggedBy(rig, rows.length);
    // Each worker writes its own lines when it comes to it.
    const lines = told.map((request) => `${request.path}?${request.query} ${labelOf(kindOf(request))}`);
    const expected = rows.map(([path, kind]) => `${path} ${kind}`);
    assert.equal(lines.toSorted(), expected.toSorted());
    for (const { at, address, referrer, bytes, status, method } of told) {
      assert.ok(Math.abs(Date.now() - at) < 120_000);
      assert.equal([address, referrer], ['127.0.0.1', REFERRER]);
      assert.ok((bytes > 0 || method === 'HEAD') && status >= 200);
    }
  });

  test.run();
}

/** The requests of the test, once so many were logged; each line of the log must be readable. */
async function loggedBy({ place }: Rig, count: number): Promise<readonly LoggedRequest[]> {
  let asked: readonly LoggedRequest[] = [];
  await until(async () => {
    const text = await readFile(join(place.scratch, 'access.log'), 'utf8').catch(() => '');
    const lines = text === '' ? [] : text.trimEnd().split('\n').map(detectingReader());
    const read = lines.filter((line): line is LoggedRequest => typeof line === 'object');
    assert.is(read.length, lines.length, 'each line was read');
    asked = read.filter(({ query }) => query.includes('kinds'));
    return asked.length >= count;
  });
  return asked;
}
