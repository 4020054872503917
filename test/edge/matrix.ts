import * as assert from 'uvu/assert';
import { decide, type EdgeRequest, routeOf } from '../../src/edge/decide.ts';
import { suite } from '../support/suite.ts';
import { crowd } from './guarding.ts';
import { ERROR_TEXT, HEARD, ORIGIN_TEXT, startScriptedOrigin } from './origin.ts';
import { FILES, HOLDING, RELEASE } from './release.ts';
import { type EdgeDriver, type Rig, type Served, startRig } from './rig.ts';

/** Ways in which the origin's answer may come, or not, that the decision table tells apart. */
export const STATES: readonly (keyof typeof HEARD)[] = [
  'up',
  'refused',
  'hang',
  '429',
  '500',
  '503',
  'drip',
  'error with 200',
];
/** Tells apart from `edge.holding` which page visitors were put on. */
const HELD = 'maintenance';

interface Request extends EdgeRequest {
  readonly headers: Readonly<Record<string, string>>;
}

const request = (path: string, more: Partial<Request> = {}): Request => ({
  method: 'GET',
  query: '',
  cookies: [],
  authorized: false,
  headers: {},
  ...more,
  path,
});
const FORM = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '9' };
const LOGIN = 'wordpress_logged_in_0a1b';
const REQUESTS: Readonly<Record<string, Request>> = {
  'a page': request('/a/'),
  'an unknown page': request('/nope/'),
  'an asset': request('/style.css'),
  'robots.txt': request('/robots.txt'),
  'a redirect': request('/old/'),
  'a feed': request('/feed/'),
  'a comment': request('/wp-comments-post.php', { method: 'POST', headers: FORM }),
  'a login': request('/a/', { cookies: [LOGIN], headers: { cookie: `a=b; ${LOGIN}=admin%7C1` } }),
  'a dynamic page': request('/forum/topic'),
};

/** Holds a server against the decision table: each state of the origin, each kind of request, with and without a hold. */
export function matrix(driver: EdgeDriver): void {
  const test = suite(`${driver.name} and the decision table`, { needs: driver.needs });
  let rig: Rig;
  test.before(async () => {
    rig = await startRig(driver);
  });
  test.after(() => rig?.close());

  for (const hold of [undefined, HELD]) {
    test(`a hold ${hold === undefined ? 'is lifted' : 'is seen'} without a reload`, async () => {
      await rig.origin.become('up');
      await rig.hold(hold);
    });
    for (const state of STATES)
      test(`origin ${state}, ${hold === undefined ? 'no hold' : `held on ${hold}`}`, async () => {
        await rig.origin.become(state);
        rig.origin.forget();
        const names = Object.keys(REQUESTS);
        const answers = await Promise.all(names.map((name) => askAs(rig, name)));
        for (const [index, name] of names.entries())
          assertAnswer(rig, { name, state, hold, served: answers[index] as Served });
      });
  }

  test('500 visitors at once on a missing page: the origin sees none of them', async () => {
    await rig.origin.become('up');
    await rig.hold(undefined);
    rig.origin.forget();
    const answers = await crowd(rig, '/nope/of/all', 500);
    assert.equal(new Set(answers.map(({ status }) => status)), new Set([404]));
    assert.is(rig.origin.requests.length, 0);
  });

  test('500 visitors at once on a dynamic page: the origin never has more than its cap, the others a holding page', async () => {
    await rig.origin.become('slow');
    rig.origin.forget();
    const answers = await crowd(rig, '/forum/of/all', 500);
    const well = answers.filter(({ status }) => status === 200).length;
    const held = answers.filter(({ status, body }) => status === 503 && body.includes('holding busy')).length;
    assert.is(well + held, answers.length);
    assert.ok(well > 0 && well <= rig.origin.requests.length, `${well} answered, ${rig.origin.requests.length} asked`);
    assert.ok(rig.origin.atOnce <= 4, `${rig.origin.atOnce} at once`);
  });

  test('with an inbox every comment goes there; where it does not answer the visitor is told that nothing was kept', async () => {
    const inbox = await startScriptedOrigin();
    const keeping = await startRig(driver, {}, new URL(inbox.url).host);
    try {
      const world = { rules: keeping.rules, release: RELEASE, hold: undefined, inbox: true };
      for (const state of ['up', '429', '503', 'refused'] as const) {
        await inbox.become(state);
        inbox.forget();
        const { status, body } = await askAs(keeping, 'a comment');
        const answer = decide(REQUESTS['a comment'] as Request, world, HEARD[state]);
        assert.is(status, answer.status, `${state}: ${JSON.stringify(answer)}`);
        assert.is(inbox.requests.length, state === 'refused' ? 0 : 1);
        assert.match(
          body.toString(),
          { up: ORIGIN_TEXT, '429': ERROR_TEXT, '503': ERROR_TEXT, refused: 'holding not-kept' }[state],
        );
      }
      assert.is(keeping.origin.requests.filter(({ method }) => method === 'POST').length, 0);
    } finally {
      await keeping.close();
      await inbox.close();
    }
  });

  test("where `elsewhere` is 'origin' it is asked for what is in no release, and for nothing that is always here", async () => {
    const open = await startRig(driver, { elsewhere: 'origin' });
    try {
      const world = { rules: open.rules, release: RELEASE, hold: undefined };
      for (const state of ['up', '503'] as const) {
        await open.origin.become(state);
        for (const path of ['/nope/', '/nope.png', '/a/', '/favicon.ico', '/.well-known/nope', '/.git/config']) {
          open.origin.forget();
          const { status } = await open.ask(path);
          const answer = decide(request(path), world, HEARD[state]);
          assert.is(status, answer.status, `${path}, ${state}`);
          const route = routeOf(request(path), world);
          assert.is(open.origin.requests.length, route.from === 'origin' ? 1 : 0, `${path}, ${state}`);
        }
      }
    } finally {
      await open.close();
    }
  });

  test.run();
}

function askAs({ ask }: Rig, name: string): Promise<Served> {
  const { method, path, headers } = REQUESTS[name] as Request;
  const body = method === 'POST' ? { body: 'comment=x' } : {};
  return ask(path, { method, headers: { ...headers, 'x-asked': name }, ...body });
}

interface Case {
  readonly name: string;
  readonly state: keyof typeof HEARD;
  readonly hold: string | undefined;
  readonly served: Served;
}

function assertAnswer({ rules, origin }: Rig, { name, state, hold, served }: Case): void {
  const asked = REQUESTS[name] as Request;
  const world = { rules, release: RELEASE, hold };
  const answer = decide(asked, world, HEARD[state]);
  const { status, headers, body } = served;
  assert.is(status, answer.status, `${name}: ${JSON.stringify(answer)}, and it was ${status}`);
  const seen = origin.requests.filter((one) => one.headers['x-asked'] === name).length;
  const expected = routeOf(asked, world).from === 'origin' && state !== 'refused' ? 1 : 0;
  assert.is(seen, expected, `${name}: the origin saw ${seen}`);
  assert.is(headers['set-cookie'] !== undefined, answer.from === 'origin', `${name}: cookies`);
  switch (answer.from) {
    case 'release':
      assert.is(body.toString(), FILES[answer.file.path], name);
      assert.match(headers['cache-control'] ?? '', 'max-age', name);
      assert.is(headers['x-content-type-options'], 'nosniff', name);
      break;
    case 'redirect':
      assert.is(headers.location, answer.to, name);
      assert.match(headers['cache-control'] ?? '', 'max-age', name);
      break;
    case 'holding':
      assert.is(body.toString(), HOLDING.find((page) => page.name === answer.name)?.html.toString(), name);
      assert.is(headers['cache-control'], 'no-store', name);
      assert.is(headers['retry-after'], answer.retryAfter === null ? undefined : String(answer.retryAfter), name);
      assert.match(String(headers['x-robots-tag']), 'noindex', name);
      break;
    case 'origin':
      assert.match(body.toString(), ['429', '500', 'error with 200'].includes(state) ? ERROR_TEXT : ORIGIN_TEXT, name);
      assert.match(headers['cache-control'] ?? '', 'no-store', name);
      break;
    default:
  }
}
