// waits: the demo is slow
import { request } from 'node:http';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { type Breakage, type Demo, type DemoOptions, startDemo } from './demo/demo.ts';

const test = suite('the demo origin');

const withDemo = (options: DemoOptions, use: (demo: Demo) => Promise<void>) => async () => {
  const demo = await startDemo(options);
  try {
    await use(demo);
  } finally {
    await demo.close();
  }
};
const quick = (use: (demo: Demo) => Promise<void>) => withDemo({ slow: false }, use);

const read = async (demo: Demo, path: string, init: RequestInit = {}) => {
  const answer = await fetch(demo.url + path, { redirect: 'manual', signal: AbortSignal.timeout(10_000), ...init });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
};

/** Pages a second with eight readers, over about one second. */
async function pace(demo: Demo, path: string): Promise<number> {
  const began = performance.now();
  const ends = began + 1000;
  let pages = 0;
  const reader = async () => {
    while (performance.now() < ends) {
      await read(demo, path);
      pages += 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, reader));
  return (pages * 1000) / (performance.now() - began);
}

const comment = (demo: Demo, fields: Record<string, string> = {}) => {
  const id = demo.posts().find((post) => demo.announcement.endsWith(`/${post.slug}/`))?.id;
  const form = {
    comment_post_ID: String(id),
    author: 'Ann',
    email: 'ann@example.test',
    comment: 'Two "crabs" & <b>one</b> boot.',
    ...fields,
  };
  return read(demo, '/wp-comments-post.php', { method: 'POST', body: new URLSearchParams(form) });
};

test(
  'is slow, and slower the more comments a page has',
  withDemo({}, async (demo) => {
    const front = await pace(demo, '/');
    assert.ok(front > 3 && front < 25, `${front.toFixed(1)} pages/s`);
    for (let n = 0; n < 300; n += 1) demo.addComment(demo.announcement);
    const discussed = await pace(demo, demo.announcement);
    assert.ok(discussed < front / 2, `${discussed.toFixed(1)} against ${front.toFixed(1)} pages/s`);
  }),
);

test(
  'keeps a form comment, shows it with nothing in it taken for markup, and sends the reader to it',
  quick(async (demo) => {
    const before = demo.comments(demo.announcement).length;
    const { status, headers } = await comment(demo);
    assert.is(status, 302);
    assert.match(headers.get('location') ?? '', new RegExp(`^${demo.url}${demo.announcement}#comment-\\d+$`));
    const page = await read(demo, demo.announcement);
    assert.match(page.text, 'Two “crabs” &amp; &lt;b&gt;one&lt;/b&gt; boot.');
    assert.match(page.text, `${before + 1} comments`);
  }),
);

test('refuses comments in the ways WordPress does', () =>
  withDemo({ slow: false, flood: true }, async (demo) => {
    assert.is((await comment(demo, { author: '' })).status, 200);
    assert.is((await comment(demo, { comment_post_ID: '999999' })).status, 200);
    assert.is(demo.comments(demo.announcement).length, 26);
    assert.is((await comment(demo)).status, 302);
    assert.is((await comment(demo)).status, 409);
    assert.is((await comment(demo, { comment: 'again' })).status, 429);
    demo.editPost(demo.announcement, { commentsOpen: false });
    assert.is((await comment(demo, { comment: 'late' })).status, 403);
  })());

test(
  'pages through its comments by REST in the shape WordPress has',
  quick(async (demo) => {
    const post = demo.posts().find(({ slug }) => demo.announcement.endsWith(`/${slug}/`));
    const ids: number[] = [];
    for (let page = 1; page <= 3; page += 1) {
      const { headers, text } = await read(
        demo,
        `/wp-json/wp/v2/comments?post=${post?.id}&per_page=10&page=${page}&order=asc`,
      );
      assert.is(headers.get('x-wp-total'), '26');
      assert.is(headers.get('x-wp-totalpages'), '3');
      ids.push(...(JSON.parse(text) as { id: number }[]).map(({ id }) => id));
    }
    assert.equal(
      ids,
      demo.comments(demo.announcement).map(({ id }) => id),
    );
    const [newest] = JSON.parse((await read(demo, `/wp-json/wp/v2/comments?post=${post?.id}&per_page=1`)).text);
    assert.is(newest.id, ids.at(-1));
    assert.is(newest.link, `${demo.url}${demo.announcement}#comment-${newest.id}`);
    assert.is((await read(demo, '/wp-json/wp/v2/comments?per_page=101')).status, 400);
    assert.is((await read(demo, '/wp-json/wp/v2/comments', { method: 'POST' })).status, 401);
    assert.is((await read(demo, `/wp-json/wp/v2/comments?post=${post?.id}&page=9`)).text, '[]');
  }),
);

test(
  'gives a page no validators, and a file or a feed both',
  quick(async (demo) => {
    const page = await read(demo, '/');
    for (const name of ['etag', 'last-modified', 'content-length']) assert.is(page.headers.get(name), null, name);
    assert.is(page.text, (await read(demo, '/')).text);
    for (const path of [
      '/wp-content/themes/tidemark/style.css?ver=1.3',
      '/feed/',
      /src="[^"]*(\/wp-content\/[^"]*png)"/.exec(page.text)?.[1] ?? '',
    ]) {
      const { headers } = await read(demo, path);
      const again = await read(demo, path, { headers: { 'if-none-match': headers.get('etag') ?? '' } });
      assert.is(again.status, 304, path);
    }
  }),
);

test(
  'every address in its pages, sitemaps and stylesheets answers',
  quick(async (demo) => {
    const seen = new Set<string>();
    const queue = ['/', '/wp-sitemap.xml', '/robots.txt', '/2024/', '/page/2/'];
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      if (seen.has(path) || path.includes('replytocom')) continue;
      seen.add(path);
      const { status, headers, text } = await read(demo, path);
      assert.ok(
        status === 200 || status === 301 || path === '/xmlrpc.php' || path.startsWith('/wp-comments-post'),
        `${status} ${path}`,
      );
      if (!/html|xml|css/.test(headers.get('content-type') ?? '')) continue;
      const found = text.matchAll(new RegExp(`${demo.url.replaceAll('.', '\\.')}(/[^\\s"'<>#)]*)`, 'g'));
      queue.push(...[...found].map((match) => match[1]?.replaceAll('&amp;', '&') ?? '/'));
      const relative = text.matchAll(/url\("?([a-z/]+\.(?:css|svg)[^")]*)/g);
      if (path.includes('.css'))
        queue.push(...[...relative].map((match) => new URL(match[1] ?? '', demo.url + path).pathname));
    }
    assert.ok(seen.size > 100, `${seen.size} addresses`);
    assert.ok([...seen].some((path) => path.includes('caf%c3%a9')));
    assert.is((await read(demo, '/no/such/page/')).status, 404);
  }),
);

test(
  'changes when its posts do, and hides what is private',
  quick(async (demo) => {
    const post = demo.addPost({ title: 'New & bright', text: 'A SECRET word.', date: Date.UTC(2025, 4, 1) });
    const path = '/2025/05/new-bright/';
    const id = post.id;
    assert.match((await read(demo, path)).text, 'SECRET');
    assert.match((await read(demo, '/')).text, path);
    demo.setPassword(path, 'open');
    assert.match((await read(demo, path)).text, 'post-password-form');
    for (const place of [path, '/', '/feed/', '/?s=SECRET', `/wp-json/wp/v2/posts/${id}`])
      assert.not.match((await read(demo, place)).text, 'A SECRET word');
    demo.setPrivate(path);
    for (const place of [path, `/?p=${id}`, `/wp-json/wp/v2/posts/${id}`])
      assert.is((await read(demo, place)).status, 404, place);
    assert.not.match((await read(demo, '/wp-sitemap-posts-post-1.xml')).text, path);
    demo.removePost(path);
    demo.editPost('/about/', { title: 'About us two' });
    assert.match((await read(demo, '/about/')).text, 'About us two');
  }),
);

test(
  'makes up more posts when asked, and logs every request',
  withDemo({ slow: false, posts: 120 }, async (demo) => {
    assert.is(demo.posts().filter((post) => post.type === 'post').length, 120);
    await read(demo, '/page/20/?x=1', { headers: { 'x-mark': 'here' } });
    const [seen] = demo.log;
    assert.equal(
      [seen?.method, seen?.path, seen?.headers['x-mark'], demo.log.length],
      ['GET', '/page/20/?x=1', 'here', 1],
    );
  }),
);

test(
  'lets comments trickle in',
  withDemo({ slow: false, trickle: 20 }, async (demo) => {
    const before = demo.comments(demo.announcement).length;
    for (let n = 0; n < 200 && demo.comments(demo.announcement).length < before + 3; n += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(demo.comments(demo.announcement).length >= before + 3);
  }),
);

const answers: [how: Breakage, status: number, says: RegExp][] = [
  [500, 500, /<\/html>/],
  [503, 503, /<\/html>/],
  ['database', 200, /Error establishing a database connection[\s\S]*<\/html>/],
  ['maintenance', 503, /scheduled maintenance/],
  ['login', 302, /^$/],
];

for (const [how, status, says] of answers) {
  test(
    `breaks by ${how} where it is told to, until mended`,
    quick(async (demo) => {
      demo.break(how, ['/about/', '/2024/*']);
      const answer = await read(demo, '/about/');
      assert.is(answer.status, status);
      assert.match(answer.text, says);
      if (how === 'login')
        assert.match(answer.headers.get('location') ?? '', `/wp-login.php?redirect_to=${encodeURIComponent(demo.url)}`);
      assert.is((await read(demo, '/2024/05/the-anemones-quarrel/')).status, status);
      assert.is((await read(demo, '/')).status, 200);
      demo.mend();
      assert.match((await read(demo, '/about/')).text, 'Idris Penhale knows the names');
    }),
  );
}

test(
  'hangs, drops the connection, cuts pages short and drips, each as it is named',
  quick(async (demo) => {
    const whole = Buffer.byteLength((await read(demo, '/about/')).text);
    demo.break('hang');
    const hung = await watch(demo, '/about/', 700);
    assert.equal([hung.status, hung.bytes, hung.ended], [undefined, 0, 'watched long enough']);
    demo.break('refused');
    assert.is((await watch(demo, '/about/', 5000)).ended, 'dropped');
    demo.break('truncated');
    const cut = await watch(demo, '/about/', 5000);
    assert.equal([cut.status, cut.bytes, cut.announced, cut.ended], [200, Math.floor(whole / 2), whole, 'dropped']);
    demo.break('drip');
    const drip = await watch(demo, '/about/', 1500);
    assert.equal([drip.status, drip.announced, drip.ended], [200, whole, 'watched long enough']);
    assert.ok(drip.bytes > 0 && drip.bytes < 500, `${drip.bytes} bytes`);
  }),
);

interface Watched {
  status?: number | undefined;
  announced?: number;
  bytes: number;
  ended: 'whole' | 'dropped' | 'watched long enough';
}

async function watch(demo: Demo, path: string, ms: number): Promise<Watched> {
  const watched: Watched = { bytes: 0, ended: 'whole' };
  const asking = request(demo.url + path, { agent: false }).end();
  const timer = setTimeout(() => {
    watched.ended = 'watched long enough';
    asking.destroy();
  }, ms);
  const dropped = () => {
    if (watched.ended === 'whole') watched.ended = 'dropped';
  };
  asking.on('error', dropped);
  asking.on('response', (answer) => {
    watched.status = answer.statusCode;
    watched.announced = Number(answer.headers['content-length']);
    answer.on('error', dropped);
    answer.on('data', (chunk: Buffer) => {
      watched.bytes += chunk.length;
    });
  });
  await new Promise((resolve) => asking.once('close', resolve));
  clearTimeout(timer);
  return watched;
}

test.run();
