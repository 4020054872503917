import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { lookAtOrigin } from '../../src/cli/init/look.ts';
import { configText } from '../../src/cli/init/text.ts';
import { type InitFlags, initVerb } from '../../src/cli/init.ts';
import type { VerbIo } from '../../src/cli/io.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { isHoldfastError } from '../../src/model/errors.ts';
import { suite } from '../support/suite.ts';

type Route = string | { status?: number; type?: string; location?: string; body?: string };
/** What the origin answers, by path with query; it knows its own address. */
type Routes = (origin: string, request: IncomingMessage) => Readonly<Record<string, Route>>;

interface Tried {
  readonly exit: number;
  readonly lines: readonly string[];
  readonly asked: readonly string[];
  readonly files: readonly string[];
  readonly origin: string;
  readonly text: string;
  load(): Promise<LoadedConfig>;
  read(path: string): Promise<string>;
}

interface Setting {
  readonly flags?: InitFlags;
  readonly dir?: string;
  readonly before?: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

async function withInit(routes: Routes, setting: Setting, use: (tried: Tried) => Promise<void> | void): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), 'holdfast-init-'));
  const asked: string[] = [];
  let origin = '';
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(response, routes(origin, request)[request.url ?? ''] ?? { status: 404, body: 'nothing here' });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  try {
    for (const [path, text] of Object.entries(setting.before ?? {})) {
      await mkdir(join(cwd, path, '..'), { recursive: true });
      await writeFile(join(cwd, path), text);
    }
    const lines: string[] = [];
    const exit = await initVerb(ioIn(cwd, lines, setting.json), setting.dir ?? '.', { origin, ...setting.flags });
    const folder = join(cwd, setting.dir ?? '.');
    const read = (path: string): Promise<string> => readFile(join(folder, path), 'utf8');
    const files = (await readdir(folder, { recursive: true })).sort();
    const text = await read('holdfast.config.ts').catch(() => '');
    await use({ exit, lines, asked, files, origin, text, read, load: () => loadConfig({ cwd: folder, env: {} }) });
  } finally {
    server.close();
    server.closeAllConnections();
    await rm(cwd, { recursive: true });
  }
}

function answer(response: ServerResponse, route: Route): void {
  const { status = 200, type = 'text/html', location, body = '' } = typeof route === 'string' ? { body: route } : route;
  response.writeHead(status, { 'content-type': type, ...(location === undefined ? {} : { location }) }).end(body);
}

function ioIn(cwd: string, lines: string[], json = false): VerbIo {
  const print = (line: string): void => void lines.push(line);
  const noteError = (): void => assert.unreachable('init throws its errors');
  const load = (): Promise<LoadedConfig> => loadConfig({ cwd, env: {} });
  return {
    cwd,
    env: {},
    input: () => Readable.from([]),
    print,
    note: print,
    noteError,
    onReload: () => undefined,
    redact: (text) => text,
    json,
    signal: new AbortController().signal,
    load,
  };
}

const SITEMAP = { type: 'application/xml', body: '<?xml version="1.0"?><sitemapindex xmlns="x"></sitemapindex>' };
const XML = { type: 'application/rss+xml; charset=UTF-8' };

/** A WordPress in outline: what its front page, REST root, feed, robots.txt and sitemap say. */
const wordpress =
  (more: Readonly<Record<string, Route>> = {}): Routes =>
  (origin) => ({
    '/': `<!doctype html><html lang="en-GB"><head><title>Front</title><meta name="generator" content="WordPress 6.4">
      <link rel="https://api.w.org/" href="${origin}/wp-json/"></head><body>hello</body></html>`,
    '/robots.txt': {
      type: 'text/plain',
      body: `User-agent: *\nDisallow: /wp-admin/\n\nSitemap: ${origin}/wp-sitemap.xml\n`,
    },
    '/wp-sitemap.xml': SITEMAP,
    '/wp-json/': {
      type: 'application/json',
      body: JSON.stringify({
        name: 'Cats &#038; &#8217;Dogs',
        url: 'http://wp.internal:8080',
        home: 'https://www.example.org',
        namespaces: ['oembed/1.0', 'wp/v2'],
      }),
    },
    '/wp-json/wp/v2/posts?per_page=1&_fields=link': {
      type: 'application/json',
      body: JSON.stringify([{ link: 'https://www.example.org/2024/05/caf%c3%a9/' }]),
    },
    '/feed/': {
      ...XML,
      body: '<rss><channel><link>x</link><item><title>a</title><link>https://www.example.org/from-feed/</link></item></channel></rss>',
    },
    ...more,
  });

const test = suite('holdfast init');

test('a WordPress is known by its REST root, and its hot pages, sitemap and names are filled in', async () => {
  await withInit(wordpress(), {}, async ({ exit, lines, asked, origin, load }) => {
    assert.is(exit, 0);
    const { config } = await load();
    assert.equal(config.site, { name: 'Cats & ’Dogs', url: 'https://www.example.org', language: 'en-GB' });
    assert.is(config.origin.url, origin);
    assert.equal(config.origin.aliases, ['wp.internal:8080']);
    assert.equal(
      config.lanes.map(({ name, every }) => [name, every]),
      [
        ['hot', 60_000],
        ['archive', 3_600_000],
      ],
    );
    assert.equal(config.lanes[0]?.paths, ['/', '/2024/05/caf%C3%A9/', '/feed/']);
    assert.is(config.lanes[1]?.sitemap, '/wp-sitemap.xml');
    assert.equal(config.lanes[1]?.crawl?.from, ['/']);
    assert.equal(config.analytics, [{ use: 'pixel' }]);
    assert.match(lines[0] ?? '', /^Cats & ’Dogs is a WordPress at /);
    assert.ok(asked.length <= 10, `${asked.length} requests`);
    assert.is(new Set(asked).size, asked.length, 'nothing is asked for twice');
  });
});

test('a WordPress without REST is known by its generator, and its newest post by the feed', async () => {
  const off = { '/wp-json/': { status: 401, body: '{}' } };
  await withInit(wordpress(off), { flags: { url: 'https://www.example.org/', name: 'Given' } }, async ({ load }) => {
    const { config } = await load();
    assert.is(config.site.name, 'Given');
    assert.is(config.site.url, 'https://www.example.org');
    assert.equal(config.lanes[0]?.paths, ['/', '/from-feed/', '/feed/']);
  });
});

test('a sitemap that robots.txt names is taken, such as that of a plug-in', async () => {
  const robots = (origin: string) => ({
    '/robots.txt': { type: 'text/plain', body: `sitemap: ${origin}/sitemap_index.xml` },
    '/sitemap_index.xml': SITEMAP,
  });
  const routes: Routes = (origin, request) => ({ ...wordpress()(origin, request), ...robots(origin) });
  await withInit(routes, {}, async ({ load }) => {
    assert.is((await load()).config.lanes[1]?.sitemap, '/sitemap_index.xml');
  });
});

test('plain permalinks are pointed out', async () => {
  const routes: Routes = (origin) => ({
    '/': `<html><head><link rel="https://api.w.org/" href="${origin}/index.php?rest_route=/"></head></html>`,
  });
  await withInit(routes, {}, ({ lines }) => {
    assert.ok(
      lines.some((line) => /^note: this WordPress has plain permalinks/.test(line)),
      lines.join('\n'),
    );
  });
});

test('any other site gets its sitemap, its feed and its canonical address', async () => {
  const routes: Routes = () => ({
    '/': `<html lang="de"><head><title>Startseite</title><meta property="og:site_name" content="Beispiel">
      <link rel="canonical" href="https://www.example.org/"><link rel="alternate" type="application/atom+xml" href="/atom.xml"></head></html>`,
    '/sitemap.xml': { type: 'text/xml', body: '<urlset></urlset>' },
  });
  await withInit(routes, {}, async ({ load, lines }) => {
    const { config } = await load();
    assert.equal(config.site, { name: 'Beispiel', url: 'https://www.example.org', language: 'de' });
    assert.equal(config.lanes[0]?.paths, ['/', '/atom.xml']);
    assert.is(config.lanes[1]?.sitemap, '/sitemap.xml');
    assert.is(config.lanes[1]?.crawl, undefined);
    assert.match(lines[0] ?? '', /^Beispiel answers at /);
  });
});

test('without a sitemap the site is crawled', async () => {
  const soft = { '/sitemap.xml': '<html>a page that answers everything</html>' };
  await withInit(
    () => ({ '/': '<html><title> A  title </title></html>', ...soft }),
    {},
    async ({ load, lines, origin }) => {
      const { config } = await load();
      assert.is(config.site.name, 'A title');
      assert.is(config.site.url, origin);
      assert.is(config.lanes[1]?.sitemap, undefined);
      assert.equal(config.lanes[1]?.crawl, { from: ['/'], depth: 64 });
      assert.ok(lines.some((line) => /^note: the public address is the origin's own/.test(line)));
    },
  );
});

test('an origin that sends visitors to its own name is asked by that name', async () => {
  const routes: Routes = (_origin, { headers: { host } }) =>
    host === 'www.example.org'
      ? { '/': '<title>Named</title>' }
      : { '/': { status: 301, location: 'http://www.example.org/' } };
  await withInit(routes, {}, async ({ load, lines }) => {
    const { config } = await load();
    assert.is(config.origin.host, 'www.example.org');
    assert.is(config.site.url, 'http://www.example.org');
    assert.ok(lines.includes('note: the origin wants to be asked as www.example.org'));
  });
});

test('an origin that insists on https behind a proxy is told that visitors come so', async () => {
  const routes: Routes = (_origin, { headers }) =>
    headers.host === 'www.example.org' && headers['x-forwarded-proto'] === 'https'
      ? { '/': '<title>Secure</title>' }
      : { '/': { status: 301, location: 'https://www.example.org/' } };
  await withInit(routes, {}, async ({ load }) => {
    const { config } = await load();
    assert.equal(config.origin.headers, { 'x-forwarded-proto': 'https' });
    assert.is(config.site.url, 'https://www.example.org');
  });
});

test('a front page that lies elsewhere on the site is followed', async () => {
  const routes: Routes = () => ({ '/': { status: 302, location: '/en/' }, '/en/': '<title>English</title>' });
  await withInit(routes, {}, async ({ load }) => assert.is((await load()).config.site.name, 'English'));
});

test('a name that leads to a private address is allowed in the configuration, and said', async () => {
  await withInit(
    () => ({ '/': '<title>Inside</title>' }),
    {},
    async ({ origin }) => {
      const named = origin.replace('127.0.0.1', 'wordpress.internal');
      const lookup = async () => [{ address: '127.0.0.1', family: 4 }];
      const sight = await lookAtOrigin({ origin: named, lookup }, new AbortController().signal);
      assert.is(sight.name, 'Inside');
      assert.is(sight.origin.allowPrivate, true);
      assert.match(sight.notes[0] ?? '', /private address/);
      assert.match(configText(sight), /allowPrivate: true,/);
    },
  );
});

test('templates and content come along, the announcement as a draft, and git overlooks the state', async () => {
  await withInit(wordpress(), { dir: 'new/site' }, async ({ files, read, lines, text }) => {
    for (const file of ['.gitignore', 'content/announcement.md', 'content/404.md', 'templates/base.njk'])
      assert.ok(files.includes(file), file);
    assert.match(await read('content/announcement.md'), /^---\n(#[^\n]*\n)?draft: true\n/);
    assert.not.match(await read('content/404.md'), 'draft');
    assert.is(await read('.gitignore'), '.holdfast/\nmirror/\n');
    assert.match(text, /^import \{ defineConfig \} from 'holdfast';\n/);
    assert.ok(lines.some((line) => line.startsWith('wrote holdfast.config.ts, ')));
    assert.match(lines.at(-1) ?? '', /^next: cd new\/site, then npx holdfast check/);
  });
});

test('what is there stays, and .gitignore is only added to', async () => {
  const before = { 'content/404.md': 'mine', '.gitignore': 'node_modules' };
  await withInit(wordpress(), { before }, async ({ read, lines }) => {
    assert.is(await read('content/404.md'), 'mine');
    assert.is(await read('.gitignore'), 'node_modules\n.holdfast/\nmirror/\n');
    assert.ok(lines.includes('left as they were: content/404.md'));
  });
});

test('--force writes over what is there', async () => {
  const before = { 'content/404.md': 'mine', 'holdfast.config.ts': 'mine' };
  await withInit(wordpress(), { before, flags: { force: true } }, async ({ read, load }) => {
    assert.not.match(await read('content/404.md'), 'mine');
    assert.is((await load()).config.lanes.length, 2);
  });
});

test('--json is one line', async () => {
  await withInit(wordpress(), { json: true }, ({ lines }) => {
    assert.is(lines.length, 1);
    const said = JSON.parse(lines[0] ?? '') as { kind: string; wrote: string[] };
    assert.is(said.kind, 'wordpress');
    assert.ok(said.wrote.includes('holdfast.config.ts'));
  });
});

test('what the origin says cannot leave its string in the configuration', async () => {
  const hostile = `'); process.exit(9); ('\\u0027"\`\${1}*/ //`;
  const root = { type: 'application/json', body: JSON.stringify({ name: `a\n${hostile}`, namespaces: ['wp/v2'] }) };
  await withInit(wordpress({ '/wp-json/': root }), {}, async ({ load }) => {
    assert.is((await load()).config.site.name, `a\n${hostile}`);
  });
});

const REFUSED: readonly [
  name: string,
  setting: Setting & { readonly routes?: Routes },
  code: string,
  message: RegExp,
][] = [
  [
    'a front page that fails',
    { routes: () => ({ '/': { status: 503 } }) },
    'origin-unreachable',
    /^http:\/\/127\.0\.0\.1:\d+\/ answers 503$/,
  ],
  [
    'a redirect in a circle',
    { routes: () => ({ '/': { status: 302, location: '/' } }) },
    'origin-unreachable',
    /redirects to http/,
  ],
  ['an origin that is not there', { flags: { origin: 'http://127.0.0.1:1' } }, 'origin-unreachable', /127\.0\.0\.1:1/],
  [
    'an address with a path',
    { flags: { origin: 'http://127.0.0.1/blog/' } },
    'usage',
    /^--origin: "http:\/\/127\.0\.0\.1\/blog\/" is not/,
  ],
  ['an address that is none', { flags: { url: 'example' } }, 'usage', /^--url: "example" is not an http\(s\) address/],
  [
    'a password in an address',
    { flags: { origin: 'http://a:canary@127.0.0.1' } },
    'config-secret',
    /^--origin: a user name or password/,
  ],
  [
    'a configuration that is there',
    { before: { 'holdfast.config.ts': '' } },
    'usage',
    /^there is a holdfast\.config\.ts already$/,
  ],
  [
    'another kind of configuration, even with --force',
    { before: { 'holdfast.config.json': '' }, flags: { force: true } },
    'usage',
    /^there is a holdfast\.config\.json already$/,
  ],
];

const nothing: Routes = () => ({});

for (const [name, { routes = nothing, ...setting }, code, message] of REFUSED) {
  test(`${name} is one clear line, and nothing is written`, async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'holdfast-init-'));
    const server = createServer((request, response) =>
      answer(response, routes('', request)[request.url ?? ''] ?? { status: 404 }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    try {
      for (const [path, text] of Object.entries(setting.before ?? {})) await writeFile(join(cwd, path), text);
      const error = await initVerb(ioIn(cwd, []), '.', { origin, ...setting.flags }).then(
        () => assert.unreachable('it went through'),
        (caught: unknown) => caught,
      );
      if (!isHoldfastError(error)) throw error;
      assert.is(error.code, code);
      assert.match(error.message, message);
      assert.not.match(error.message, /\n|canary/);
      assert.is(error.exit, code === 'origin-unreachable' ? 1 : 2);
      assert.equal(await readdir(cwd), Object.keys(setting.before ?? {}));
    } finally {
      server.close();
      server.closeAllConnections();
      await rm(cwd, { recursive: true });
    }
  });
}

test('--origin is asked for', async () => {
  const missing = await initVerb(ioIn('/', []), '.', {}).catch((error: unknown) => error);
  assert.ok(isHoldfastError(missing, 'usage'));
});

test('--offline writes a plain configuration without a look', async () => {
  await withInit(
    wordpress(),
    { flags: { offline: true, url: 'https://www.example.org' } },
    async ({ asked, load, lines }) => {
      assert.equal(asked, []);
      const { config } = await load();
      assert.is(config.site.name, 'www.example.org');
      assert.equal(
        config.lanes.map(({ paths, crawl }) => [paths, crawl?.from]),
        [
          [['/'], undefined],
          [undefined, ['/']],
        ],
      );
      assert.match(lines[0] ?? '', /was not looked at/);
    },
  );
});

test.run();
