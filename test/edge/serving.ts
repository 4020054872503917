import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { ENDING_PATH } from '../../src/model/ending.ts';
import type { ReleaseFile } from '../../src/model/manifest.ts';
import { markerOf } from '../../src/model/marker.ts';
import { suite } from '../support/suite.ts';
import { FILES, LONG, MANIFEST, REDIRECTS } from './release.ts';
import { type EdgeDriver, type Rig, startRig, until } from './rig.ts';

const MARKERS = MANIFEST.files.flatMap((file) => markerOf(file) ?? []).map((marker) => `/${encodeURI(marker)}`);
const PAGES = ['/', '/a', '/a/', '/a/b', '/a/b/', '/caf%C3%A9/', '/caf%C3%A9', '/a/?utm_source=x', '/a?x'];
const TYPES: Readonly<Record<string, RegExp>> = {
  '/feed/': /^(text|application)\/(rss\+)?xml/,
  '/feed': /^(text|application)\/(rss\+)?xml/,
  '/wp-json/': /^application\/json/,
  '/style.css?ver=6.1': /^text\/css/,
  '/module.mjs': /^(text|application)\/javascript/,
  '/site.webmanifest': /^application\/manifest\+json/,
  '/.well-known/security.txt': /^text\/plain/,
};
/** Also what would leave the site, the folder, or the line, were it taken for what it looks like. */
const MISSING = [
  ...MARKERS,
  '/nope',
  '/nope/',
  '/a/nope',
  '/nope.css',
  '/404.html',
  '/.hidden',
  '/a/.git/config',
  '/a/b/index.xml',
  '/trees/',
  '/forum/.git/config',
  '/.well-known/nope',
  '/_holdfast/nope',
  '//evil.example',
  '//evil.example/a/',
  '/a//b/',
  '/%2Fevil.example/',
  '/%5Cevil.example',
  '/\\evil.example/',
  '/a%0d%0aSet-Cookie:x=1',
];
/** Redirects that the server was told of, as they are asked for. */
const MOVED: readonly [path: string, status: number, to: string][] = [
  ['/old', 301, 'https://www.example.org/a/'],
  ['/old/?utm_source=x', 301, 'https://www.example.org/a/'],
  ['/old/index.html', 301, 'https://www.example.org/a/'],
  ['/old/page.html', 302, 'https://other.example/x?a=1&b=(2)#c'],
  [`/${encodeURI(LONG)}/`, 308, 'https://www.example.org/long/'],
  [`/Mixed`, 301, 'https://www.example.org/mixed/'],
];
/** One that differs from a redirect by its case, one that no server can be told of. */
const UNMOVED = ['/mixed/', '/pinned/'];
/** Paths above the site's own; some servers call these no request at all. */
const ABOVE = ['/a/%2e%2e/%2e%2e/_holdfast/control.json', '/a/..%2f..%2f_holdfast/x', '/.%2e/trees/one/index.html'];

/** Files of the next release: their paths, redirects of the first that they are made of, and where they lead, as long as they do. */
const NEXT: readonly [path: string, was: string, is: string | undefined][] = [
  ['old/index.html', 'old/index.html', undefined],
  ['old/page.html', 'old/page.html', 'https://other.example/elsewhere'],
  ['new/index.html', 'old/index.html', 'https://www.example.org/a/'],
  ['Mixed/index.html', 'Mixed/index.html', 'https://www.example.org/mixed/'],
];

/** What a server makes of a mirror's files, beside what the decision table says. */
export function serving(driver: EdgeDriver): void {
  const test = suite(`${driver.name} and the files of a mirror`, { needs: driver.needs });
  let rig: Rig;
  test.before(async () => {
    rig = await startRig(driver);
  });
  test.after(() => rig?.close());

  /** Again with each look: what it was told first it may have fetched within the second in which a file server sees no change. */
  const tellCache = async (path = '/a/'): Promise<void> => {
    if (driver.name === 'varnish') assert.is((await rig.ask(path, { method: 'PURGE' })).status, 200);
  };

  for (const path of PAGES)
    test(`${path} is a page, without a redirect`, async () => {
      const { status, headers, body } = await rig.ask(path);
      assert.is(status, 200);
      assert.match(headers['content-type'] ?? '', /^text\/html$/);
      assert.match(body.toString(), /<title>(front|a page|below)/);
      assert.is(headers['cache-control'], 'max-age=60');
    });

  for (const [path, type] of Object.entries(TYPES))
    test(`${path} has its type`, async () => {
      const { status, headers } = await rig.ask(path);
      assert.is(status, 200);
      assert.match(headers['content-type'] ?? '', type);
    });

  for (const path of MISSING)
    test(`${path} is the site's own 404, and nothing is asked of the origin`, async () => {
      rig.origin.forget();
      const { status, body, headers } = await rig.ask(path);
      assert.is(status, 404);
      assert.match(body.toString(), '<title>not found');
      assert.is(headers['location'], undefined);
      assert.is(headers['set-cookie'], undefined);
      assert.is(rig.origin.requests.length, 0);
    });

  for (const path of ABOVE)
    test(`${path} leads to nothing`, async () => {
      const { status } = await rig.ask(path);
      assert.ok(status === 404 || status === 400, `it was ${status}`);
    });

  test('HEAD is answered as GET is, without the body', async () => {
    for (const path of ['/a/', '/nope/', '/style.css']) {
      const [head, get] = [await rig.ask(path, { method: 'HEAD' }), await rig.ask(path)];
      assert.is(head.status, get.status);
      assert.is(head.headers['content-type'], get.headers['content-type']);
      assert.is(head.body.length, 0);
    }
  });

  for (const [path, status, to] of MOVED)
    for (const method of ['GET', 'HEAD'])
      test(`${method} ${path} is told that it moved: ${status}`, async () => {
        const { headers, status: got, body } = await rig.ask(path, { method });
        assert.is(got, status);
        assert.is(headers.location, to);
        assert.is(headers['cache-control'], 'max-age=60');
        assert.not.match(body.toString(), 'moved old');
      });

  for (const path of UNMOVED)
    test(`${path} is served as it is`, async () => {
      const { headers, status } = await rig.ask(path);
      assert.equal([status, headers.location], [200, undefined]);
    });

  test('a redirect whose end is that of another leads to its own target, or is the page that leads there', async () => {
    const path = `other/${LONG}/index.html`;
    const { headers, body } = await rig.ask(`/other/${encodeURI(LONG)}/`);
    assert.is(headers.location ?? body.toString(), headers.location === undefined ? FILES[path] : REDIRECTS[path]?.[1]);
  });

  test('what was compressed is sent so, to those who take it', async () => {
    for (const path of ['/a', '/a/', '/style.css', '/_holdfast/holding/busy.html']) {
      const squeezed = await rig.ask(path, { headers: { 'accept-encoding': 'gzip' } });
      assert.is(squeezed.headers['content-encoding'], 'gzip', path);
      assert.match(squeezed.headers.vary ?? '', /accept-encoding/i);
      const plain = await rig.ask(path);
      assert.is(plain.headers['content-encoding'], undefined);
      assert.equal(gunzipSync(squeezed.body), plain.body);
    }
  });

  test('the counting pixel and the state of the origin are never cached', async () => {
    for (const path of ['/_holdfast/pixel.gif?p=/a/', '/_holdfast/origin.json']) {
      const { status, headers } = await rig.ask(path);
      assert.is(status, 200);
      assert.is(headers['cache-control'], 'no-store');
    }
  });

  test('a holding page can be looked at, is not indexed, and may not be framed by others', async () => {
    const { status, headers } = await rig.ask('/_holdfast/holding/busy.html');
    assert.is(status, 200);
    assert.is(headers['cache-control'], 'no-store');
    assert.is(headers['x-robots-tag'], 'noindex');
    assert.match(String(headers['content-security-policy']), "frame-ancestors 'self'");
  });

  for (const [method, path] of [
    ['POST', '/a/'],
    ['DELETE', '/nope'],
    ['PUT', '/_holdfast/pixel.gif'],
  ] as const)
    test(`${method} ${path} is not taken`, async () => {
      rig.origin.forget();
      const { status } = await rig.ask(path, { method, body: method === 'DELETE' ? '' : 'comment=x' });
      assert.is(status, 405);
      assert.is(rig.origin.requests.length, 0);
    });

  test('what only a password opens is asked of the origin, and kept by nobody', async () => {
    rig.origin.forget();
    const { status, headers } = await rig.ask('/a/', { headers: { authorization: 'Basic YTpi' } });
    assert.is(status, 200);
    assert.is(headers['cache-control'], 'no-store');
    assert.equal(
      rig.origin.requests.map(({ url }) => url),
      ['/a/'],
    );
  });

  test('the origin is told who asks for what, whatever the visitor says of it', async () => {
    rig.origin.forget();
    const said = {
      'x-forwarded-for': '8.8.8.8',
      'x-real-ip': '8.8.8.8',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'ftp',
      'x-forwarded-port': '1',
    };
    await rig.ask('/forum/caf%C3%A9?a=%20&b', { headers: said });
    const [asked] = rig.origin.requests;
    assert.is(asked?.url, '/forum/caf%C3%A9?a=%20&b');
    assert.is(asked?.headers['x-forwarded-for'], '127.0.0.1');
    assert.is(asked?.headers['x-real-ip'], '127.0.0.1');
    assert.is(asked?.headers['x-forwarded-port'], undefined);
    assert.is(asked?.headers['x-forwarded-host'], 'www.example.org');
    assert.is(asked?.headers['x-forwarded-proto'], 'https');
    assert.is(asked?.headers.host, new URL(rig.origin.url).host);
  });

  // Caddy passes on what it has, and reads the rest meanwhile.
  if (driver.name !== 'caddy')
    test('who sends a comment ever so slowly holds none of the connections that comments have', async () => {
      rig.origin.forget();
      const head = 'POST /wp-comments-post.php HTTP/1.1\r\nHost: www.example.org\r\nConnection: close\r\n';
      const begun = `${head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\ncomm`;
      const slow = Array.from({ length: rig.rules.comments.connections }, () => connect(rig.place.port, '127.0.0.1'));
      for (const socket of slow) socket.write(begun);
      await wait(500);
      assert.is(rig.origin.requests.length, 0);
      const other = await rig.ask('/wp-comments-post.php', { method: 'POST', body: 'comment=x' });
      assert.is(other.status, 200);
      slow[0]?.end('ent=x');
      assert.match(await text(slow[0] as Socket), 'HTTP/1.1 200');
      for (const socket of slow) socket.destroy();
    });

  test('another host is turned away', async () => {
    const answered = await rig.ask('/a/', { headers: { host: 'evil.example' } }).catch(() => undefined);
    assert.ok(answered === undefined || answered.status === 421);
  });

  test('a balancer in front is told of a hold, and a hold may answer 200', async () => {
    assert.is((await rig.ask('/_holdfast/hold/launch')).status, 404);
    await rig.hold('launch');
    // A server that keeps what it knows of files for a second may not have seen this one yet.
    await until(async () => (await rig.ask('/_holdfast/hold/launch')).status === 200);
    const flag = await rig.ask('/_holdfast/hold/launch');
    assert.is(flag.status, 200);
    assert.is(flag.headers['cache-control'], 'no-store');
    const [etag] = [(await rig.ask('/_holdfast/holding/launch.html')).headers.etag];
    const again = await rig.ask('/nope', { headers: { 'if-none-match': etag ?? '"x"', range: 'bytes=0-1' } });
    assert.is(again.status, 200);
    assert.match(again.body.toString(), 'holding launch');
    await rig.hold(undefined);
  });

  test('a page that was made after the server started holds as `edge.holding` says', async () => {
    const folder = join(rig.place.dir, '_holdfast/hold');
    await writeFile(join(folder, 'new-page'), '');
    await writeFile(join(folder, 'on'), '');
    await until(async () => (await rig.ask('/a/')).body.includes('holding busy'));
    await rig.hold(undefined);
  });

  test('while the release says that pages change soon, nobody may keep one without asking', async () => {
    const flag = join(rig.place.dir, 'current', ENDING_PATH);
    const caching = async () => (await rig.ask('/a/')).headers['cache-control'];
    await writeFile(flag, '');
    await until(async () => {
      await tellCache();
      return (await caching()) === 'max-age=0, must-revalidate';
    });
    assert.is((await rig.ask('/a/')).status, 200);
    await rm(flag);
    await until(async () => (await caching()) === 'max-age=60');
  });

  test('a switched link is followed within seconds', async () => {
    const { dir } = rig.place;
    await mkdir(join(dir, 'trees/two/a'), { recursive: true });
    await writeFile(join(dir, 'trees/two/a/index.html'), 'second');
    // What was a redirect: a page now, leads elsewhere now, and one that came as new; and what is one still.
    for (const [path, was, is] of NEXT) {
      const file = { ...(MANIFEST.files.find((one) => one.path === was) as ReleaseFile), path };
      const marker = markerOf(is === undefined ? { ...file, kind: 'page' } : { ...file, headers: { location: is } });
      await mkdir(dirname(join(dir, 'trees/two', path)), { recursive: true });
      await writeFile(join(dir, 'trees/two', path), 'second');
      if (marker !== undefined) await writeFile(join(dir, 'trees/two', marker), '');
    }
    await symlink('trees/two', join(dir, 'next'));
    await rename(join(dir, 'next'), join(dir, 'current'));
    const said = async (path: string) => {
      await tellCache(path);
      const { status, headers, body } = await rig.ask(path);
      return `${status} ${headers.location ?? body.toString()}`;
    };
    // Files that were looked at a moment before may be known for a second more.
    for (const path of ['/a/', '/old/', '/old/page.html']) await until(async () => (await said(path)) === '200 second');
    assert.is(await said('/new/'), '200 second');
    assert.is(await said('/Mixed/'), '301 https://www.example.org/mixed/');
  });

  test.run();
}
