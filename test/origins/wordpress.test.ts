// takes: 10 s
import { existsSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { SECRET, startWordPress, type WordPress } from './wordpress/wordpress.ts';

const test = suite<{ origin: WordPress }>('the WordPress origin', { needs: ['wordpress', 'twentytwentyone', 'root'] });

test.before(async (context) => {
  context.origin = await startWordPress();
});

test.after(async ({ origin }) => {
  await origin?.close();
});

const read = async (origin: WordPress, path: string) => {
  const answer = await fetch(new URL(path, origin.url), { redirect: 'manual' });
  return { status: answer.status, text: await answer.text() };
};

test('answers with its front page, at its own address', async ({ origin }) => {
  const { status, text } = await read(origin, '/');
  assert.is(status, 200);
  assert.match(text, `href="${origin.url}/2024/"`);
  assert.match(text, `${origin.url}/feed/`);
  assert.not.match(text, 'origin.invalid');
});

test('has 1,000 comments on the announcement, pictures in sizes, and 200 posts and more', async ({ origin }) => {
  const { text } = await read(origin, origin.announcement.path);
  assert.is([...text.matchAll(/ id="comment-\d+"/g)].length, 1000);
  assert.match(text, /srcset="http:\/\/127[^"]+ 1400w/);
  assert.match(text, '?replytocom=');
  assert.ok(origin.posts.length >= 200);
  const foreign = origin.posts.filter(({ path }) => path.includes('%'));
  assert.ok(foreign.length >= 4);
  for (const { path } of [...foreign, ...origin.pages]) assert.is((await read(origin, path)).status, 200, path);
});

test('shows nothing of what no visitor may read', async ({ origin }) => {
  const places = [
    '/',
    '/2024/08/',
    '/feed/',
    '/comments/feed/',
    '/category/weather-tides/',
    origin.announcement.path,
    '/wp-sitemap-posts-post-1.xml',
  ];
  const rest = ['posts?per_page=100', 'comments?per_page=100', `posts/${origin.hidden.private}`].map(
    (path) => `/wp-json/wp/v2/${path}`,
  );
  const hidden = Object.values(origin.hidden).map((id) => `/?p=${id}`);
  for (const path of [...places, ...rest, ...hidden, '/2024/08/hidden-protected/', '/2024/08/hidden-protected/feed/']) {
    const { text } = await read(origin, path);
    assert.not.match(text, SECRET, path);
    assert.not.match(text, 'private.example', path);
  }
  assert.match((await read(origin, `/?s=${SECRET}`)).text, 'nothing matched');
  assert.match(await origin.wp(`echo get_post(${origin.hidden.private})->post_content;`), SECRET);
  assert.is((await read(origin, '/2024/08/hidden-private/')).status, 404);
});

test('takes comments through its form, one after another, and shows them', async ({ origin }) => {
  const place = origin.posts[7];
  assert.ok(place);
  const first = await origin.comment(place.id, 'The first word about it.');
  const second = await origin.comment(place.id, 'The second, <em>at once</em> after it.');
  assert.equal([first.status, second.status], [302, 302]);
  assert.is((await origin.comment(place.id, '')).status, 200);
  const { text } = await read(origin, place.path);
  assert.match(text, `id="comment-${first.id}"`);
  assert.match(text, 'The second, <em>at once</em> after it.');
});

test('runs PHP within WordPress, and says when it fails', async ({ origin }) => {
  const place = origin.posts[9];
  await origin.wp(`wp_update_post(['ID' => ${place?.id}, 'post_title' => 'An edited title']);`);
  assert.match((await read(origin, place?.path ?? '')).text, 'An edited title');
  const failed = await origin.wp('no_such_function();').then(
    () => 'it did not fail',
    (error: Error) => error.message,
  );
  assert.match(failed, 'no_such_function');
});

test('tells which requests it saw since it was last asked', async ({ origin }) => {
  await origin.hits();
  await read(origin, '/no-such-page/?x=1');
  const [hit, ...more] = await origin.hits();
  assert.equal([hit?.method, hit?.path, hit?.status, more.length], ['GET', '/no-such-page/?x=1', 404, 0]);
  assert.equal(await origin.hits(), []);
});

test('loses its PHP and gets it back', async ({ origin }) => {
  await origin.stopPhp();
  assert.is((await read(origin, '/')).status, 502);
  await origin.startPhp();
  assert.is((await read(origin, '/')).status, 200);
});

test('starts again from the seeded state, in the classic theme, and leaves nothing behind', async () => {
  const second = await startWordPress({ theme: 'twentytwentyone' });
  try {
    const { text } = await read(second, '/');
    assert.match(text, 'twentytwentyone/style.css');
    assert.match(text, `href="${second.url}/2024/"`);
    assert.not.match(text, 'An edited title');
  } finally {
    await second.close();
  }
  assert.is(existsSync(second.dir), false);
  await second.close();
});

test.run();
