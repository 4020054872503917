import * as assert from 'uvu/assert';
import { configSchema } from '../../src/config/schema.ts';
import { decide, NOT_KEPT } from '../../src/edge/decide.ts';
import { viewRelease } from '../../src/edge/view.ts';
import { answerTo } from '../../src/preview/answer.ts';
import { ORIGINS, type OriginName, originState, type Play, playOf, QUIET_DAY } from '../../src/preview/play.ts';
import { samplesOf } from '../../src/preview/samples.ts';
import { suite } from '../support/suite.ts';

const test = suite('what the preview plays');

const { edge: rules } = configSchema.parse({
  site: { name: 'Example', url: 'https://www.example.org' },
  origin: { url: 'https://origin.example.org' },
  lanes: [{ name: 'hot', paths: ['/'], every: '1m' }],
  destinations: [{ use: 'mirror', dir: 'www' }],
  edge: {
    dynamic: [
      { path: '/forum/**', connections: 3 },
      { path: '/', query: ['s'] },
    ],
  },
});
const file = (path: string) => ({
  path,
  kind: 'page' as const,
  type: 'text/html',
  headers: {},
  sha256: '',
  size: 0,
  variants: {},
});
const release = viewRelease({ files: ['index.html', '404.html'].map(file) }, [
  { name: 'busy', path: '_holdfast/holding/busy.html', status: 503, retryAfter: 60, refresh: 20 },
  { name: NOT_KEPT, path: '_holdfast/holding/not-kept.html', status: 503, retryAfter: null, refresh: 0 },
  { name: 'launch', path: '_holdfast/holding/launch.html', status: 200, retryAfter: null, refresh: 0 },
]);
const told = (method: string, path: string, play: Partial<Play> = {}, query = '') =>
  answerTo(
    { method, path, query, cookies: [], authorized: false },
    { rules, release, play: { ...QUIET_DAY, ...play }, inbox: false },
  );
const brief = (...asked: Parameters<typeof told>): string => {
  const { answer } = told(...asked);
  return `${answer.status} ${answer.from}${answer.from === 'holding' ? ` ${answer.name}` : ''}`;
};

test('a page of the release is shown whatever the origin does, and what only the origin has is a holding page when it fails', () => {
  for (const origin of Object.keys(ORIGINS) as OriginName[]) {
    assert.is(brief('GET', '/', { origin }), '200 release');
    assert.is(brief('GET', '/nope', { origin }), '404 release');
    assert.is(brief('GET', '/forum/', { origin }), origin === 'up' ? '200 origin' : '503 holding busy');
    assert.is(brief('GET', '/', { origin }, 's=tide'), origin === 'up' ? '200 origin' : '503 holding busy');
    const comment = brief('POST', '/wp-comments-post.php', { origin });
    assert.is(comment, origin === 'up' ? '200 origin' : `503 holding ${NOT_KEPT}`);
  }
});

test('with an inbox a comment is kept whatever the origin does, a hold too', () => {
  const request = { method: 'POST', path: '/wp-comments-post.php', query: '', cookies: [], authorized: false };
  for (const origin of Object.keys(ORIGINS) as OriginName[])
    for (const hold of [undefined, 'launch']) {
      const { answer, why } = answerTo(request, {
        rules,
        release,
        play: { ...QUIET_DAY, origin, hold },
        inbox: true,
      });
      assert.equal(answer, { from: 'inbox', status: origin === 'up' ? 200 : 202 });
      assert.match(why, origin === 'up' ? /hands them to the origin$/ : /keeps what the origin cannot take now$/);
    }
});

test('a hold is for pages, and who is logged in goes past it', () => {
  assert.is(brief('GET', '/', { hold: 'launch' }), '200 holding launch');
  assert.is(brief('GET', '/nope', { hold: 'launch' }), '200 holding launch');
  assert.is(brief('GET', '/robots.txt', { hold: 'launch' }), '404 release');
  assert.is(brief('GET', '/', { hold: 'launch', visitor: 'logged in' }), '200 origin');
});

test('every sample in every state is what the decision table says', () => {
  const written = [{ kind: 'page', path: 'announcement/index.html' }] as never;
  const samples = samplesOf({ written }, rules);
  assert.is(samples.length, 7);
  for (const { request, isLoggedIn } of samples)
    for (const [origin, { answers }] of Object.entries(ORIGINS))
      for (const hold of [undefined, 'launch']) {
        const play = { origin: origin as OriginName, hold, visitor: isLoggedIn ? 'logged in' : 'anonymous' } as const;
        const asked = isLoggedIn ? { ...request, cookies: ['wordpress_logged_in_1'] } : request;
        assert.equal(
          answerTo(request, { rules, release, play, inbox: false }).answer,
          decide(asked, { rules, release, hold }, answers),
        );
      }
});

test('each answer says in a sentence which rule it comes from', () => {
  const why = (...asked: Parameters<typeof told>): string => told(...asked).why;
  assert.is(why('GET', '/'), 'index.html is in the release');
  assert.is(why('GET', '/nope'), 'it is in no release, and edge.elsewhere is 404: the missing page');
  assert.is(why('GET', '/forum/a'), 'edge.dynamic lists /forum/**, which the origin answers, 3 at once, and it is up');
  assert.match(why('GET', '/forum/a', { origin: 'busy' }), /3 at once, and the origin is busy: the holding page busy$/);
  assert.match(why('GET', '/', { hold: 'launch' }), /^hold is on: the holding page launch$/);
  assert.match(
    why('POST', '/wp-comments-post.php', { origin: 'down' }),
    /the page that says that the comment was not kept$/,
  );
  assert.is(why('DELETE', '/'), 'DELETE is no way to ask for /');
});

test('only what there is can be played, and a form that leaves something out leaves it as it is', () => {
  const form = (text: string) => playOf(new URLSearchParams(text), { ...QUIET_DAY, hold: 'busy' }, ['busy', 'launch']);
  assert.equal(form('origin=down'), { origin: 'down', hold: 'busy', visitor: 'anonymous' });
  assert.equal(form('hold=&visitor=logged+in'), { origin: 'up', hold: undefined, visitor: 'logged in' });
  for (const wrong of ['origin=toString', 'origin=', 'visitor=root', 'hold=none-of-them'])
    assert.is(form(wrong), undefined);
  assert.equal((Object.keys(ORIGINS) as OriginName[]).map(originState), ['up', 'slow', 'slow', 'down']);
});

test.run();
