// takes: 80 s
import { readFile, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, ConsoleMessage, Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import type * as Load from '../../src/config/load.ts';
import type * as PreviewModule from '../../src/preview/preview.ts';
import { write } from '../render/project.ts';
import { launchBrowser } from '../support/browser.ts';
import { importBuilt } from '../support/built.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page as capturedPage, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const { openPreview } = await importBuilt<typeof PreviewModule>('preview/preview');
const { loadConfig } = await importBuilt<typeof Load>('config/load');
const AXE = await readFile(fileURLToPath(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');

const test = suite('the preview', { needs: ['chromium'] });

const NEWS = '---\ntitle: Low water\n---\nThe tide is out.\n';
let origin: ScriptedSite;
let project: Project;
let preview: PreviewModule.Preview;
let browser: Browser;
let desk: string;
let site: string;

test.before(async () => {
  origin = await startSite({
    '/': capturedPage('Home', '<p>From the origin.</p><a href="https://www.example.org/about/">About</a>'),
    '/favicon.ico': { headers: { 'content-type': 'image/x-icon' }, body: 'icon' },
    '/about/': capturedPage('About', '<form method="post" action="/wp-comments-post.php"><button>Send</button></form>'),
  });
  project = await openProject(
    smallConfig(origin.url, {
      lanes: [{ name: 'hot', paths: ['/', '/about/'], every: '1h' }],
      analytics: [
        { use: 'plausible', domain: 'example.org', script: 'https://stats.example/script.js' },
        { use: 'pixel' },
      ],
      edge: { for: ['haproxy'], dynamic: [{ path: '/forum/**' }] },
    }),
  );
  await write(project.dir, { 'content/news.md': NEWS, 'content/other.md': '---\ntitle: Other\n---\nOther words.\n' });
  const published = await project.publish('--now');
  assert.is(published.exit, 0, published.stderr);
  origin.hits();
  const loaded = await loadConfig({ cwd: project.dir, env: {} });
  preview = await openPreview(loaded, {}, new AbortController().signal);
  desk = preview.url.replace(/\/$/, '');
  site = desk.replace('localhost', '127.0.0.1');
  browser = await launchBrowser();
});

test.after(async () => {
  await browser?.close();
  await preview?.close();
  await project?.close();
  await origin?.close();
});

interface Visit {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
}

/** Looks at a page; nothing may be said on the console, and nothing asked of another host or counted. */
async function visit(url: string, { width = 1440, scheme = 'light' }: Visit, look: (page: Page) => Promise<void>) {
  const page = await browser.newPage({
    viewport: { width, height: width < 600 ? 844 : 900 },
    colorScheme: scheme,
    reducedMotion: 'reduce',
  });
  page.setDefaultTimeout(20_000);
  const noise: string[] = [];
  page.on('console', (message) => {
    if (!isStatus(message)) noise.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => noise.push(error.message));
  page.on('request', (request) => {
    const { host, pathname, protocol } = new URL(request.url());
    if (protocol !== 'data:' && ![desk, site].includes(`http://${host}`)) noise.push(`asked for ${request.url()}`);
    if (pathname.includes('pixel.gif')) noise.push('counted');
  });
  try {
    await page.goto(url, { waitUntil: 'load' });
    await look(page);
    assert.equal(noise, [], 'nothing on the console, nothing asked of others');
  } finally {
    await page.close();
  }
}

/**
 * A browser writes the status of a page that is not well on its console: of those that are meant to be so nothing is said. One of them went
 * away, and its frame looks again before its card is taken off the sheet.
 */
function isStatus(message: ConsoleMessage): boolean {
  const { url } = message.location();
  return (
    /status of (?:404|503)/.test(message.text()) &&
    /\/(?:nope|forum\/|news\/|wp-comments-post\.php|file\/third\/index\.html)$/.test(url)
  );
}

/** What axe finds that is serious or critical, a line each. */
async function serious(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(AXE);
  return page.evaluate<
    string[]
  >(`axe.run(document, { iframes: false, resultTypes: ['violations'] }).then(({ violations }) =>
    violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ': ' + target.join(' '))))`);
}

const widest = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth');
const fileUrl = (path: string) => `${site}/_holdfast/preview/file/${path}`;
const frameText = (page: Page, selector: string) => page.frameLocator(selector).locator('body').innerText();
const card = (file: string) => `.card[data-file="${file}"]`;

/** What is serious in a page in light and in dark, a line each; its colours follow what the visitor chose, without a load. */
async function seriousInBoth(page: Page): Promise<readonly string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const one of await serious(page)) found.push(`${colorScheme}: ${one}`);
  }
  return found;
}

for (const width of [390, 1440])
  test(`the contact sheet and the look at ${width} px, light and dark: nothing serious by axe, nothing wider than the screen`, async () => {
    for (const path of ['/', '/look?path=/news/', '/look?path=/nope'])
      await visit(desk + path, { width }, async (page) => {
        assert.equal(await seriousInBoth(page), [], path);
        assert.ok((await widest(page)) <= width, `${path} is ${await widest(page)} px wide`);
      });
  });

test('each page written here, and each holding page, is shown on a phone and on a desk, and has nothing serious in it', async () => {
  let files: string[] = [];
  await visit(`${desk}/`, {}, async (page) => {
    files = await page.locator('.card').evaluateAll((cards) => cards.map((one) => one.getAttribute('data-file') ?? ''));
    assert.is(await page.locator('.card iframe').count(), files.length * 2);
    assert.match(await frameText(page, `${card('news/index.html')} .phone iframe`), 'The tide is out.');
  });
  for (const name of ['news/index.html', 'other/index.html', '404.html', '_holdfast/holding/busy.html'])
    assert.ok(files.includes(name), name);
  for (const file of files)
    await visit(fileUrl(file), { width: 390 }, async (page) => {
      assert.equal(await seriousInBoth(page), [], file);
    });
});

test('a card says what visitors would get: status, headers, sizes against limits, and who counts them without scripts', async () => {
  await visit(`${desk}/`, {}, async (page) => {
    const text = await page.locator(card('_holdfast/holding/busy.html')).innerText();
    assert.match(text, /^503\s+busy\s+try again after 60 s$/m);
    assert.match(text, /bytes plain, .* by gzip, .* by brotli/);
    assert.match(text, /one first flight of TCP\s+[\d,]+ of 14,600 bytes compressed/);
    assert.match(text, /HAProxy's error file\s+[\d,]+ of 15,360 bytes plain/);
    assert.match(text, /plausible \(example.org\)\s+without scripts: not counted, since/);
    assert.match(text, /pixel\s+without scripts: counted too/);
    const announced = await page.locator(card('news/index.html')).innerText();
    assert.match(announced, /^200\s+\/news\/$/m);
  });
});

test('the whole site is there, captured pages too, with its links inside the preview and its answer explained', async () => {
  const home = await fetch(`${site}/`);
  const html = await home.text();
  assert.is(home.headers.get('x-holdfast-answer'), 'release; index.html is in the release');
  assert.match(html, 'From the origin.');
  assert.match(html, `href="${site}/about/"`);
  assert.not.match(html, /stats\.example|pixel\.gif/);
  const missing = await fetch(`${site}/nope`);
  assert.is(missing.status, 404);
  assert.match(missing.headers.get('x-holdfast-answer') ?? '', /edge\.elsewhere is 404/);
  assert.equal(origin.hits(), [], 'the origin is never asked');
});

test('what is saved shows by itself, in the page that it changes and no other, where the reader was', async () => {
  const tall = `${'A line of the tide table.\n\n'.repeat(60)}`;
  await write(project.dir, { 'content/news.md': `${NEWS}\n${tall}` });
  await visit(`${site}/news/`, {}, async (page) => {
    await page.getByText('A line of').last().waitFor();
    await page.evaluate('scrollTo(0, 500)');
    const other = await browser.newPage();
    await other.goto(`${site}/other/`);
    await other.evaluate('window.untouched = true');
    await write(project.dir, { 'content/news.md': `${NEWS.replace('is out', 'is in')}\n${tall}` });
    await page.getByText('The tide is in.').waitFor();
    await page.waitForFunction('scrollY === 500');
    assert.is(await other.evaluate('window.untouched'), true);
    await write(project.dir, { 'templates/page.njk': '---\nlayout: base.njk\n---\n<p>Anew</p>{{ content | safe }}' });
    await other.getByText('Anew').waitFor();
    await page.getByText('Anew').waitFor();
    await other.close();
  });
  await rm(join(project.dir, 'templates'), { recursive: true });
});

test('the contact sheet follows too: pictures and figures of what changed, pages that are new or gone', async () => {
  await visit(`${desk}/`, {}, async (page) => {
    await write(project.dir, { 'content/other.md': '---\ntitle: Other\n---\nWords that are new.\n' });
    const frame = page.frameLocator(`${card('other/index.html')} .phone iframe`);
    await frame.getByText('Words that are new.').waitFor();
    await write(project.dir, { 'content/third.md': '---\ntitle: Third\n---\nMore.\n' });
    await page.locator(card('third/index.html')).waitFor();
    await rm(join(project.dir, 'content/third.md'));
    await page.locator(card('third/index.html')).waitFor({ state: 'detached' });
  });
});

test('a template that is broken is told with file and line, over the last good page, and goes away when it is mended', async () => {
  await write(project.dir, { 'content/news.md': NEWS });
  for (const [url, framed] of [
    [`${desk}/look?path=/news/`, true],
    [`${site}/news/`, false],
  ] as const)
    await visit(url, {}, async (page) => {
      const shown = () => (framed ? frameText(page, '.stage iframe') : page.locator('main').innerText());
      const alert = page.getByRole('alert');
      const good = framed ? page.frameLocator('.stage iframe') : page;
      await good.getByText('The tide is out.').waitFor();
      await write(project.dir, { 'content/news.md': `${NEWS}\n{{ "x" | nosuch }}\n` });
      await alert.getByText('content/news.md:6 does not render: filter not found: nosuch').waitFor();
      assert.match(await alert.innerText(), 'correct it');
      assert.match(await shown(), 'The tide is out.');
      assert.equal(framed ? await serious(page) : [], []);
      const late = await fetch(`${desk}/`).then((answer) => answer.text());
      assert.match(late, 'content/news.md:6', 'a page that is opened now says it too');
      await write(project.dir, { 'content/news.md': NEWS });
      await alert.waitFor({ state: 'hidden' });
    });
});

test('a holding page that has grown too large is told, and shown with its bar over the limit', async () => {
  const words = Array.from({ length: 9_000 }, (_, index) => (index * 7_919).toString(36)).join(' ');
  await visit(`${desk}/`, {}, async (page) => {
    await write(project.dir, { 'content/holding/busy.md': `---\nname: busy\ntitle: Full\n---\n${words}\n` });
    await page.getByRole('alert').getByText('busy.html is').waitFor();
    await page
      .locator(`${card('_holdfast/holding/busy.html')} .over`)
      .first()
      .waitFor();
    await rm(join(project.dir, 'content/holding'), { recursive: true });
    await page.getByRole('alert').waitFor({ state: 'hidden' });
  });
});

test('an editor plays the day: the frame and the table show what visitors get', async () => {
  await visit(`${desk}/look?path=/news/`, {}, async (page) => {
    const press = (name: string) => page.locator(`[name=origin][value=${name}]`).check();
    const row = (text: string) => page.locator('tr').filter({ hasText: text }).innerText();
    assert.match(await row('/forum/'), /200 from the origin/);
    await press('down');
    await page.locator('tr').getByText('the origin is down').first().waitFor();
    assert.match(await row('/forum/'), /503 from the holding page/);
    assert.match(await row('/nope'), /404 from the release/);
    assert.match(await row('logged in'), /503 from the holding page/);
    assert.match(await row('/news/'), /200 from the release/);
    await page.getByRole('button', { name: 'a comment that is sent' }).click();
    await page.locator('#last').getByText('comments go to the origin').waitFor();
    await page.locator('select[name=hold]').selectOption('maintenance');
    await page.frameLocator('.stage iframe').getByText('We are working on the site').first().waitFor();
    await page.locator('select[name=hold]').selectOption('');
    await page.frameLocator('.stage iframe').getByText('The tide is out.').waitFor();
    await press('up');
    await page.locator('tr').getByText('and it is up').first().waitFor();
  });
});

test('the keyboard reaches each link and switch in order, and shows where it is', async () => {
  await visit(`${desk}/`, { scheme: 'dark' }, async (page) => {
    const stops = await page.evaluate<number>("document.querySelectorAll('a[href], summary').length");
    assert.ok(stops > 12);
    for (let index = 0; index < stops; index++) {
      await page.keyboard.press('Tab');
      const seen = await page.evaluate(`(() => {
        const one = document.activeElement;
        const { left, width } = one.getBoundingClientRect();
        const place = [...document.querySelectorAll('a[href], summary')].indexOf(one);
        return { place, seen: left >= 0 && width > 0, ring: getComputedStyle(one).outlineWidth };
      })()`);
      assert.equal(seen, { place: index, seen: true, ring: '3px' });
    }
  });
  await visit(`${desk}/look?path=/news/`, {}, async (page) => {
    await page.locator('[name=origin]:checked').focus();
    await page.keyboard.press('ArrowRight');
    await page.locator('tr').getByText('the origin is slow').first().waitFor();
    await page.locator('[name=origin]:checked').focus();
    await page.keyboard.press('ArrowLeft');
    await page.locator('tr').getByText('and it is up').first().waitFor();
  });
});

test('only loopback names are answered, and only the desk may change what is played', async () => {
  const { port } = new URL(desk);
  const ask = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      get({ host: '127.0.0.1', port, headers: { host } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).on('error', reject);
    });
  for (const host of ['attacker.example', `127.0.0.1.attacker.example:${port}`]) assert.is(await ask(host), 421, host);
  assert.is(await ask('127.0.0.1'), 200);
  const play = (more: RequestInit): Promise<number> =>
    fetch(`${desk}/play`, {
      method: 'POST',
      body: new URLSearchParams('origin=down'),
      redirect: 'manual',
      ...more,
    }).then((answer) => answer.status);
  assert.is(await play({}), 403);
  assert.is(await play({ headers: { origin: site } }), 403);
  assert.is(await play({ headers: { origin: 'https://attacker.example' } }), 403);
  assert.is(await play({ headers: { origin: desk }, body: new URLSearchParams('origin=away') }), 400);
  assert.is((await fetch(`${desk}/play?origin=down`)).status, 404);
  const forum = await fetch(`${site}/forum/`);
  assert.match(forum.headers.get('x-holdfast-answer') ?? '', /^origin;/);
});

test.run();
