// takes: 15 s
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import * as assert from 'uvu/assert';
import { receivedPage } from '../../src/inbox/pages.ts';
import { createSite } from '../../src/model/site.ts';
import { createPixel } from '../../src/render/analytics/pixel.ts';
import { editPage } from '../../src/render/edit.ts';
import type { PolicySource } from '../../src/render/policy.ts';
import { PACKAGE, pages } from '../render/project.ts';
import { PROVIDERS } from '../render/providers.ts';
import { driverOf } from '../render/snippets.ts';
import { launchBrowser } from '../support/browser.ts';
import { suite } from '../support/suite.ts';

const test = suite('policies in a browser', { needs: ['chromium'] });

let browser: Browser;
let server: Server;
let origin: string;
let composed: ReadonlyMap<string, string>;
let shown = '';

test.before(async () => {
  composed = await pages(PACKAGE);
  server = createServer((request, response) => {
    const isPage = request.url === '/';
    response.writeHead(200, { 'content-type': isPage ? 'text/html; charset=utf-8' : 'text/javascript' });
    response.end(isPage ? shown : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launchBrowser();
});

test.after(async () => {
  await browser?.close();
  await new Promise((resolve) => server?.close(resolve));
});

interface Kind {
  readonly kind: 'page' | 'holding' | '404';
  readonly policy: PolicySource;
}

/** A page as it is published, with one provider beside the pixel. */
function published(html: string, { kind, policy }: Kind, config: object | undefined): string {
  const analytics = [...(config === undefined ? [] : [driverOf(config)]), createPixel()];
  const site = createSite({ name: 'Example', url: origin, origin: 'http://10.0.0.5', aliases: [] });
  const context = { site, address: '/', kind, noindex: true, analytics, policy, shortlink: () => undefined } as const;
  return editPage(Buffer.from(html), context).toString();
}

interface Seen {
  /** Directive and what it blocked. */
  readonly blocked: readonly string[];
  /** Addresses that were asked for elsewhere. */
  readonly asked: readonly string[];
  /** True where the page's script `window.ran = true` ran. */
  readonly ran: boolean;
}

const LISTEN = `window.blocked = []; document.addEventListener('securitypolicyviolation',
  (event) => window.blocked.push(event.violatedDirective + ' ' + event.blockedURI));`;

async function look(html: string): Promise<Seen> {
  const page = await browser.newPage();
  const asked: string[] = [];
  const said: string[] = [];
  page.on('console', (message) => {
    if (/security policy/i.test(message.text())) said.push(message.text());
  });
  await page.route(
    (url) => url.origin !== origin,
    (route) => {
      asked.push(new URL(route.request().url()).origin);
      return route.fulfill({ contentType: 'text/javascript', body: '' });
    },
  );
  await page.addInitScript(LISTEN);
  shown = html;
  try {
    await page.goto(`${origin}/`, { waitUntil: 'load' });
    const blocked = await page.evaluate<string[]>('window.blocked');
    assert.is(blocked.length === 0, said.length === 0, said.join('\n'));
    return { blocked, asked, ran: await page.evaluate<boolean>('window.ran === true') };
  } finally {
    await page.close();
  }
}

const FORBIDDEN = '<script>window.ran = true</script>';
const inject = (html: string) => html.replace('</main>', `${FORBIDDEN}<p onclick="a()" style="color: red"></p></main>`);

for (const { config } of PROVIDERS) {
  test(`with ${config['use']} none of our pages asks for what its policy forbids, and no script runs that was put into it`, async () => {
    // All pages with one provider, one with the others: a browser takes its time.
    const isAll = config['use'] === 'ga4';
    const kinds = [...composed].filter(([path]) => (isAll ? /html$/.test(path) : path.endsWith('/busy.html')));
    assert.is(kinds.length > 1, isAll, `${kinds.length} pages`);
    let asked = 0;
    for (const [path, html] of kinds) {
      const kind = path === '404.html' ? '404' : path.includes('holding/') ? 'holding' : 'page';
      const page = published(html, { kind, policy: 'own' }, config);
      const seen = await look(page);
      assert.equal(seen.blocked, [], path);
      asked += seen.asked.length;
    }
    // The pixel is the site's own, and this markup reports by an image for browsers without scripts.
    if (!/^(?:custom|pixel)$/.test(String(config['use'])))
      assert.is(asked, kinds.length, 'each asks for its analytics');
    const busy = composed.get('_holdfast/holding/busy.html') ?? '';
    const { ran, blocked } = await look(inject(published(busy, { kind: 'holding', policy: 'own' }, config)));
    assert.is(ran, false);
    assert.ok(blocked.includes('script-src-elem inline'), blocked.join());
  });

  test(`with ${config['use']} a captured page is counted under the policy that its origin sent, and no wider`, async () => {
    const html =
      '<!doctype html><html><head><meta charset="utf-8"><title>A</title></head><body><main></main></body></html>';
    const policy = { sent: "default-src 'self'; frame-ancestors 'none'" };
    const page = published(html, { kind: 'page', policy }, config);
    const seen = await look(page);
    assert.equal(seen.blocked, []);
    assert.is((await look(inject(page))).ran, false);
    assert.is((await look(inject(html))).ran, true, 'without a policy it would have');
  });
}

test('what the inbox puts into the page that says that a comment was received runs there', async () => {
  const holding = published(
    composed.get('_holdfast/holding/received.html') ?? '',
    { kind: 'holding', policy: 'own' },
    undefined,
  );
  const pieces = { received: '<p>{{page}}</p>', notKept: '', remember: 'window.ran = true;\n' };
  const receipt = { receipt: 'a', page: '/', author: 'A', text: 'B', at: 0 };
  const { blocked, ran } = await look(await receivedPage({ holding: async () => holding, pieces }, receipt));
  assert.equal(blocked, []);
  assert.ok(ran);
});

/** A page whose comment form posts to the inbox, with its thread, under the strictest policy that lets a form be sent. */
function postPage(thread: string): string {
  const html = `<!doctype html><html><head><meta charset="utf-8"><title>A</title></head><body><main><ol class="comment-list">${thread}</ol>
<div id="respond"><form method="post" action="/wp-comments-post.php"><textarea name="comment"></textarea></form></div></main></body></html>`;
  const site = createSite({ name: 'Example', url: origin, origin: 'http://10.0.0.5', aliases: [] });
  const waiting = { script: piece('waiting.js'), paths: ['/wp-comments-post.php'], timed: false };
  const policy = { sent: "default-src 'none'; form-action 'self'; base-uri 'none'" };
  const context = { site, address: '/', noindex: false, analytics: [], shortlink: () => undefined } as const;
  return editPage(Buffer.from(html), { ...context, kind: 'page', policy, waiting }).toString();
}

const piece = (name: string): string => readFileSync(join(PACKAGE, 'templates/inbox', name), 'utf8');

test('a comment that the inbox received is shown to its author alone, as text, until the page has it', async () => {
  const words = 'A fine “day”, <img src=x onerror="window.ran = true"> indeed';
  const receipt = { receipt: 'a', page: '/', author: 'Ann <b>', text: words, at: Date.now() };
  const holding = composed.get('_holdfast/holding/received.html') ?? '';
  const pieces = { received: piece('received.html'), notKept: '', remember: piece('remember.js') };
  const received = await receivedPage(
    { holding: async () => published(holding, { kind: 'holding', policy: 'own' }, undefined), pieces },
    receipt,
  );
  const [author, other] = [await browser.newContext(), await browser.newContext()];
  const see = async (context: BrowserContext, html: string) => {
    const page = await context.newPage();
    await page.addInitScript(LISTEN);
    shown = html;
    try {
      await page.goto(`${origin}/`, { waitUntil: 'load' });
      assert.equal(await page.evaluate('window.blocked'), []);
      assert.is(await page.evaluate('window.ran'), undefined);
      return await page.locator('.holdfast-waiting').allInnerTexts();
    } finally {
      await page.close();
    }
  };
  try {
    assert.equal(await see(author, received), []);
    const [waiting = '', ...more] = await see(author, postPage(''));
    assert.equal(more, []);
    for (const said of ['Ann <b>', words, 'waiting for moderation']) assert.ok(waiting.includes(said), waiting);
    assert.equal(await see(other, postPage('')), []);
    const there = '<li id="comment-7"><b>Ann &lt;b&gt;</b> <p>A fine "day",  indeed</p></li>';
    assert.is((await see(author, postPage(there))).length, 1, 'that is another text');
    const shownNow = there.replace(',  indeed', ', &lt;img src=x onerror="window.ran = true"&gt; indeed');
    assert.equal(await see(author, postPage(shownNow)), []);
    assert.equal(await see(author, postPage('')), [], 'and it is forgotten');
  } finally {
    await author.close();
    await other.close();
  }
});

test.run();
