// takes: 30 s
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { detectingReader } from '../../src/report/formats/detect.ts';
import { kindOf } from '../../src/report/kinds.ts';
import type { LoggedRequest } from '../../src/report/request.ts';
import { labelOf } from '../../src/report/table.ts';
import { suite } from '../support/suite.ts';
import { filling } from './filling.ts';
import { matrix } from './matrix.ts';
import { nginx } from './nginx-driver.ts';
import { nginxMap, nginxWords } from './nginx-language.ts';
import { type Rig, startRig, until } from './rig.ts';
import { serving } from './serving.ts';

matrix(nginx);
serving(nginx);
filling(nginx, async ({ scratch }) => {
  const words = nginxWords(await readFile(join(scratch, 'holdfast.conf'), 'utf8'));
  const before = '~^POST [^ ]+ [^ ]+ [^ ]* ';
  const routes = nginxMap(words, 'holdfast_route').filter(([, to]) => to === 'comments');
  assert.ok(routes.every(([key]) => key.startsWith(before)));
  const root = words[words.indexOf('root') + 1];
  return { patterns: routes.map(([key]) => `^${key.slice(before.length)}`), root };
});

const LOGIN = { cookie: 'wordpress_logged_in_1=x' };

const test = suite('what nginx says of its answers', { needs: nginx.needs });
let rig: Rig;
test.before(async () => {
  rig = await startRig(nginx);
});
test.after(() => rig?.close());

async function logged(): Promise<readonly LoggedRequest[]> {
  const text = await readFile(join(rig.place.scratch, 'access.log'), 'utf8');
  const lines = text === '' ? [] : text.trimEnd().split('\n').map(detectingReader());
  const read = lines.filter((line): line is LoggedRequest => typeof line === 'object');
  assert.is(read.length, lines.length, 'each line was read');
  return read.filter(({ query }) => query.includes('kinds'));
}

test('the access log tells the report what each answer was', async () => {
  const kinds: [path: string, kind: string, headers?: Record<string, string>][] = [
    ['/a?kinds', 'static'],
    ['/caf%C3%A9/?kinds', 'static'],
    ['/feed/?kinds', 'static'],
    ['/style.css?kinds', 'asset'],
    ['/.well-known/security.txt?kinds', 'asset'],
    ['/nope/?kinds&a=.css', '404'],
    ['/nope.css?kinds', 'asset'],
    ['/_holdfast/holding/busy.html?kinds', 'holding busy'],
    ['/_holdfast/pixel.gif?kind=holding&name=launch&kinds', 'pixel holding launch'],
    ['/forum/?kinds', 'dynamic'],
    ['/?s=x&kinds', 'dynamic'],
    ['/a/?kinds', 'dynamic', LOGIN],
  ];
  const referer = { referer: 'https://e.org/"\\' };
  for (const [path, , headers] of kinds) await rig.ask(path, { headers: { ...referer, ...headers } });
  await rig.ask('/wp-comments-post.php?kinds', { method: 'POST', body: 'comment=x' });
  await rig.origin.become('refused');
  for (const path of ['/forum/?kinds', '/a/?kinds']) await rig.ask(path, { headers: LOGIN });
  await rig.ask('/wp-comments-post.php?kinds', { method: 'POST', body: 'comment=x' });
  await rig.hold('launch');
  await rig.ask('/a/?kinds');
  const all = [
    ...kinds.map(([path, kind]) => [path, kind]),
    ['/wp-comments-post.php?kinds', 'inbox'],
    ['/forum/?kinds', 'holding busy'],
    ['/a/?kinds', 'holding busy'],
    ['/wp-comments-post.php?kinds', 'holding not-kept'],
    ['/a/?kinds', 'holding launch'],
  ];
  await until(async () => (await logged()).length === all.length);
  const asked = await logged();
  // Each worker writes its own lines when it comes to it.
  const lines = asked.map((request) => `${request.path}?${request.query} ${labelOf(kindOf(request))}`);
  assert.equal(lines.sort(), all.map((each) => each.join(' ')).sort());
  assert.ok(asked.some(({ referrer }) => referrer === 'https://e.org/"\\'));
  assert.ok(asked.every(({ at, address }) => Math.abs(Date.now() - at) < 120_000 && address === '127.0.0.1'));
});

test('an address that asks too much is told so, with the holding page, and logged as refused', async () => {
  const few = await startRig(nginx, { limits: { connections: 50, requestsPerSecond: 1, burst: 20 } });
  try {
    const answers = await Promise.all(Array.from({ length: 60 }, () => few.ask('/a/?kinds')));
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(refused.length > 20, `${refused.length} refused`);
    for (const { headers, body } of refused) {
      assert.is(headers['retry-after'], '60');
      assert.is(headers['cache-control'], 'no-store');
      assert.match(body.toString(), 'holding busy');
    }
    assert.ok(answers.some(({ status }) => status === 200));
  } finally {
    await few.close();
  }
});

test.run();
