// takes: 20 s
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'htmlparser2';
import sanitizeHtml from 'sanitize-html';
import * as assert from 'uvu/assert';
import { type Comment, toComment } from '../../../src/model/comment.ts';
import { layOut } from '../../../src/model/thread.ts';
import { graft } from '../../../src/render/graft/graft.ts';
import { inertFault } from '../../../src/render/graft/inert.ts';
import { sanitise } from '../../../src/render/graft/sanitise.ts';
import { openTemplates } from '../../../src/render/graft/template.ts';
import { launchBrowser } from '../../support/browser.ts';
import { suite } from '../../support/suite.ts';
import { PAYLOADS } from './payloads.ts';

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const FRAMES = {
  classic: '<ol class="comment-list"></ol>',
  blocks: '<ol class="wp-block-comment-template"></ol>',
  'no list': '<div class="comment-list"></div>',
};
/** Attributes that the templates write themselves. */
const OURS =
  /^(?:id|class|style|href|rel|datetime|aria-label|data-(?:commentid|postid|belowelement|respondelement|replyto))$/;
const ELEMENTS =
  /^(?:li|ol|ul|div|article|footer|b|a|time|p|small|br|strong|em|i|code|pre|blockquote|q|cite|del|s|nav)$/;

/** Each payload as text, as name and as address. */
function commentsOf(): readonly Comment[] {
  const usual = { author: 'Reader', html: '<p>Said.</p>', url: '' };
  const places = ['html', 'author', 'url'] as const;
  return PAYLOADS.flatMap((payload, index) =>
    places.map((place, offset) => {
      const comment = toComment({
        ...usual,
        id: index * 3 + offset + 1,
        date: 1_780_000_000 + index,
        [place]: payload,
      });
      assert.ok(comment);
      return comment;
    }),
  );
}

async function pageOf(frame: string): Promise<string> {
  const templates = await openTemplates({ root: '/nonexistent', templates: 'templates', fallback: ROOT });
  const comments = commentsOf();
  const [page] = layOut(comments, { order: 'oldest', perPage: undefined, depth: 5 });
  assert.ok(page);
  const html = `<!doctype html><html><head><meta charset="utf-8"><title>x</title></head><body><main>${frame}</main><div id="respond"><input name="comment_post_ID" value="7"></div></body></html>`;
  const {
    html: around,
    items,
    lacks,
  } = await graft(Buffer.from(html), {
    address: '/post/',
    page,
    numbers: [0],
    count: comments.length,
    rules: { into: '.comment-list, .wp-block-comment-template', timeZone: 'UTC', language: 'en' },
    templates,
    isUtf8: true,
  });
  assert.is(lacks, 'nothing');
  assert.ok(items);
  const parts: string[] = [];
  for await (const part of items.parts) parts.push(part);
  const grafted = around.toString('latin1').replace(items.mark, () => parts.join(''));
  return Buffer.from(grafted, 'latin1').toString('utf8');
}

const test = suite('hostile comments');

test('there are three hundred payloads and more', () => {
  assert.ok(PAYLOADS.length >= 300, String(PAYLOADS.length));
});

test('each is inert once it is sanitised, and sanitising it again changes nothing', () => {
  for (const payload of PAYLOADS) {
    const clean = sanitise(payload);
    assert.is(inertFault(clean), undefined, `${payload.slice(0, 80)} gave ${clean.slice(0, 200)}`);
    assert.is(sanitise(clean), clean, payload.slice(0, 80));
  }
});

test('what is held for plain is what the library leaves as it is', () => {
  const plain = [
    '<p>A word about the <b>tide</b>.</p>\n<p>And <em>another</em> &amp; one.</p>',
    'a<br />b<br>c',
    '<blockquote><p>x</p></blockquote><p><q>y</q> <s>z</s></p>',
    '',
    'نص 文字 🐚 &lt;b&gt;',
  ];
  const same = (html: string) =>
    sanitizeHtml(html, { allowedTags: ['p', 'b', 'em', 'br', 'blockquote', 'q', 's'] }).replaceAll('<br />', '<br>');
  for (const html of plain) {
    assert.is(sanitise(html), html);
    assert.is(same(html), html.replaceAll('<br />', '<br>'));
  }
});

test('ordinary words, lists and links stay, and links say what they are', () => {
  const html =
    '<p>See <a href="https://example.org/?a=1&amp;b=2" target="_blank" onclick="x()">this</a>:</p><ul><li>one</li></ul><pre><code>a &lt; b</code></pre>';
  const link = '<a href="https://example.org/?a=1&amp;b=2" rel="ugc nofollow noopener">this</a>';
  assert.is(sanitise(html), `<p>See ${link}:</p><ul><li>one</li></ul><pre><code>a &lt; b</code></pre>`);
});

const faults: readonly [html: string, says: RegExp][] = [
  ['<p onclick=x>a</p>', /attribute onclick/],
  ['<script>a</script>', /<script> is not allowed/],
  ['<a href="javascript:a">a</a>', /leads elsewhere/],
  ['<a href="jav&#x09;ascript:a">a</a>', /leads elsewhere/],
  ['<p>a', /not closed/],
  ['a</p>', /closes nothing/],
  ['<li>a</li>', /outside of a list/],
  ['a < b', /no tag/],
  ['<!-- a -->', /no tag/],
  ['<b', /not ended/],
  ['a\0', /NUL/],
];
for (const [html, says] of faults) {
  test(`the second parser would not let ${JSON.stringify(html)} pass`, () =>
    assert.match(inertFault(html) ?? '', says));
}

for (const [name, frame] of Object.entries(FRAMES)) {
  test(`in a page (${name}) nothing stands but what the template wrote, and each comment is one item`, async () => {
    const html = await pageOf(frame);
    let [items, styles] = [0, 0];
    const waiting = [...parseDocument(html.slice(html.indexOf('<main>') + 6, html.indexOf('</main>'))).children];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (!('children' in node)) {
        assert.is(node.type, 'text');
        continue;
      }
      waiting.push(...node.children);
      if (!('attribs' in node)) continue;
      // The one of what follows the comments.
      if (node.name === 'style' && ++styles === 1) continue;
      assert.match(node.name, ELEMENTS);
      if (/^comment-\d+$/.test(node.attribs['id'] ?? '')) items += 1;
      for (const [attribute, value] of Object.entries(node.attribs)) {
        assert.match(attribute, OURS);
        if (attribute === 'href') assert.match(value, /^(?:https?:\/\/|mailto:|#comment-\d+$|#respond$)/);
      }
    }
    assert.is(items, PAYLOADS.length * 3);
  });
}

const inBrowser = suite('hostile comments in Chromium', { needs: ['chromium'] });

inBrowser('no script runs, no request leaves, no handler is there, and each comment is its own item', async () => {
  const pages = new Map<string, string>();
  for (const [name, frame] of Object.entries(FRAMES)) pages.set(`/${encodeURIComponent(name)}`, await pageOf(frame));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(pages.get(request.url ?? '') ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await launchBrowser();
  try {
    const tab = await browser.newPage();
    const elsewhere: string[] = [];
    tab.on('request', (request) => elsewhere.push(request.url()));
    tab.on('dialog', (dialog) => void dialog.dismiss());
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const path of pages.keys()) {
      elsewhere.length = 0;
      await tab.goto(base + path, { waitUntil: 'load' });
      const seen = await tab.evaluate<Seen>(LOOK);
      assert.equal(seen, { ran: false, handlers: [], links: [], items: PAYLOADS.length * 3, strays: 0 }, path);
      assert.equal(
        elsewhere.filter((url) => url !== base + path && !url.endsWith('/favicon.ico')),
        [],
      );
    }
    assert.equal(
      asked.filter((path) => path.includes('ran')),
      [],
    );
  } finally {
    await browser.close();
    server.close();
  }
});

interface Seen {
  readonly ran: boolean;
  readonly handlers: readonly string[];
  readonly links: readonly string[];
  readonly items: number;
  readonly strays: number;
}

const LOOK = `(() => {
  for (const element of document.querySelectorAll('main *')) {
    element.dispatchEvent(new Event('mouseover'));
    element.dispatchEvent(new Event('focus'));
  }
  const all = [...document.querySelectorAll('*')];
  const items = [...document.querySelectorAll('main li[id^="comment-"]')];
  const nested = items.filter((item) => item.parentElement.closest('li[id^="comment-"]') !== null);
  return {
    ran: window.ran !== undefined,
    handlers: all.flatMap((element) => element.getAttributeNames().filter((name) => /^on/i.test(name))),
    links: [...document.querySelectorAll('main a[href]')].map((link) => link.href).filter((href) => !/^(https?|mailto):/.test(href)),
    items: items.length,
    strays: nested.length,
  };
})()`;

test.run();
inBrowser.run();
