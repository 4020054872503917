import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { decodeAttribute } from '../../src/model/markup.ts';
import { type Needs, readPolicy, widen, writePolicy } from '../../src/model/policy.ts';
import { admit } from '../../src/model/policy-tags.ts';
import { createSite } from '../../src/model/site.ts';
import { editPage } from '../../src/render/edit.ts';
import type { PolicySource } from '../../src/render/policy.ts';
import { suite } from '../support/suite.ts';
import { PROVIDERS } from './providers.ts';
import { driverOf } from './snippets.ts';

const test = suite('the policy of a page');

const sha = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const HASH = sha('counted()');

/** A policy, what it is to allow, and what becomes of it; nothing where it allows that. */
const WIDENED: readonly [policy: string, needs: Needs, widened?: string][] = [
  ["frame-ancestors 'none'", { script: ['https://plausible.io'], inline: [HASH] }],
  [
    "default-src 'self'",
    { script: ['https://plausible.io'] },
    "default-src 'self'; script-src 'self' https://plausible.io",
  ],
  ["default-src 'self'", { img: ["'self'"] }],
  ["default-src 'none'; script-src https://plausible.io", { script: ['https://plausible.io'] }],
  ['script-src plausible.io', { script: ['https://plausible.io'] }],
  ['script-src *.example.net', { script: ['https://a.example.net'] }],
  ['script-src *.example.net', { script: ['https://example.net'] }, 'script-src *.example.net https://example.net'],
  ['script-src https:', { script: ['https://plausible.io'] }],
  [
    'script-src http://plausible.io',
    { script: ['https://plausible.io'] },
    'script-src http://plausible.io https://plausible.io',
  ],
  [
    'script-src https://plausible.io:8443',
    { script: ['https://plausible.io'] },
    'script-src https://plausible.io:8443 https://plausible.io',
  ],
  ["script-src 'self'; script-src-elem https://plausible.io", { script: ['https://plausible.io'] }],
  ["SCRIPT-SRC 'NONE'", { script: ['https://plausible.io'] }, 'script-src https://plausible.io'],
  ["img-src 'none'", { inline: [HASH] }],
  ["default-src 'self'", { inline: [HASH] }, `default-src 'self'; script-src 'self' ${HASH}`],
  ["default-src 'unsafe-inline'", { inline: [HASH] }],
  ["script-src 'unsafe-inline' 'nonce-a'", { inline: [HASH] }, `script-src 'unsafe-inline' 'nonce-a' ${HASH}`],
  ["script-src 'self'; script-src-elem 'UNSAFE-INLINE'", { inline: [HASH] }],
  ["connect-src 'self'", { connect: ['https://*.a.example'] }, "connect-src 'self' https://*.a.example"],
];
for (const [policy, needs, widened] of WIDENED) {
  test(`"${policy}" with ${JSON.stringify(needs)} is ${widened ?? 'enough'}`, () => {
    const read = readPolicy(policy);
    const made = widen(read, needs);
    if (widened === undefined) assert.is(made, read);
    else assert.is(writePolicy(made), widened);
    assert.is(widen(made, needs), made, 'once is enough');
  });
}

const site = createSite({
  name: 'Example',
  url: 'https://www.example.org',
  origin: 'https://origin.example.org',
  aliases: [],
});

const CHANGED = 'go("https://www.example.org/a/")';

interface Made {
  readonly policy?: PolicySource;
  readonly uses?: readonly object[];
}

/** Edited twice, which is to make no difference; but where a hash was made for what the first edit changed. */
function edit(html: string, { policy, uses = [] }: Made): string {
  const analytics = uses.map((config) => driverOf(config));
  const context = {
    site,
    address: '/a/',
    kind: 'page',
    noindex: false,
    analytics,
    shortlink: () => undefined,
  } as const;
  const once = editPage(Buffer.from(html), { ...context, policy });
  if (!once.includes(CHANGED))
    assert.is(String(editPage(once, { ...context, policy })), String(once), 'editing again changes nothing');
  return once.toString();
}

const policiesIn = (html: string) =>
  [...html.matchAll(/<meta http-equiv="Content-Security-Policy" content="([^"]*)">/g)].map(([, one = '']) =>
    decodeAttribute(one),
  );

function own(body: string, uses: readonly object[] = []): Map<string, string> {
  const [policy = '', ...others] = policiesIn(edit(page(body), { policy: 'own', uses }));
  assert.equal(others, []);
  return new Map([...readPolicy(policy)].map(([name, sources]) => [name, sources.join(' ')]));
}

const page = (body: string, head = '') =>
  `<!doctype html><html><head><meta charset="utf-8"><title>A</title>${head}</head><body>${body}</body></html>`;

test('a page of ours that asks for nothing may ask for nothing but its own pictures, fonts and state', () => {
  assert.equal(
    [...own('<p><a href="https://elsewhere.example/">A link</a></p>')],
    [
      ['default-src', "'none'"],
      ['img-src', "'self' data:"],
      ['connect-src', "'self'"],
      ['font-src', "'self' data:"],
      ['form-action', "'self'"],
      ['base-uri', "'none'"],
    ],
  );
});

/** Markup of ours, and what a directive then holds. */
const NAMED: readonly [markup: string, directive: string, sources: string | undefined][] = [
  ['<script>a = "\u00e9";\r\nb()</script>', 'script-src', sha('a = "\u00e9";\nb()')],
  ['<script type="application/ld+json">{}</script>', 'script-src', undefined],
  ['<style>p { color: red }</style>', 'style-src', sha('p { color: red }')],
  ['<style>p { color: red }</style><p style="color: blue">', 'style-src', "'unsafe-inline'"],
  ['<button onclick="go(&quot;a&quot;)">', 'script-src', `'unsafe-hashes' ${sha('go("a")')}`],
  ['<script src="https://cdn.example/x.js?1"></script>', 'script-src', 'https://cdn.example'],
  ['<script src="/x.js"></script>', 'script-src', "'self'"],
  [
    '<img src="https://img.example/a.png" srcset="/a.png 1x, //two.example/b.png 2x">',
    'img-src',
    "'self' data: https://img.example https://two.example",
  ],
  ['<iframe src="https://player.example/1"></iframe>', 'frame-src', 'https://player.example'],
  ['<iframe src="about:blank"></iframe>', 'frame-src', undefined],
  ['<video><source src="/a.mp4"></video>', 'media-src', "'self'"],
  ['<form action="https://news.example/join">', 'form-action', "'self' https://news.example"],
  ['<link rel="stylesheet" href="https://css.example/x">', 'style-src', 'https://css.example'],
  [
    '<link rel="preconnect" href="https://fonts.example" crossorigin>',
    'font-src',
    "'self' data: https://fonts.example",
  ],
  ['<style>@import "https://css.example/a";</style>', 'font-src', "'self' data: https://css.example"],
  ['<base href="/a/">', 'base-uri', "'self'"],
  ['<!-- <script src="https://no.example/"></script> -->', 'script-src', undefined],
];
for (const [markup, directive, sources] of NAMED) {
  test(`${markup} makes ${directive} ${sources ?? 'say nothing'}`, () => {
    assert.is(own(markup).get(directive), sources);
  });
}

for (const { config, csp } of PROVIDERS) {
  test(`a page of ours lets in all that ${config['use']} needs, and hashes what it puts there`, () => {
    const policy = own('', [config]);
    for (const kind of ['script', 'img', 'connect'] as const)
      for (const origin of csp[kind])
        assert.ok(policy.get(`${kind}-src`)?.split(' ').includes(origin), `${kind} ${origin}`);
    assert.is(/'sha256-/.test(policy.get('script-src') ?? ''), csp.inline);
    assert.not.match(policy.get('script-src') ?? '', 'unsafe-inline');
  });
}

test('it stands right after the charset, before all that it is to govern', () => {
  assert.match(
    edit(page('', '<script>a()</script>'), { policy: 'own' }),
    /^<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy"/,
  );
  assert.match(
    edit('<title>A</title><script>a()</script>', { policy: { sent: 'img-src *' } }),
    /^<title>A<\/title><meta http-equiv="Content-Security-Policy" content="img-src \*"><script>/,
  );
});

test('a page of ours that says its policy itself keeps it, widened for the analytics', () => {
  const theirs = page(
    '<script src="https://x.example/"></script>',
    '<meta http-equiv=content-security-policy content="default-src \'self\'">',
  );
  const made = edit(theirs, { policy: 'own', uses: [{ use: 'plausible', domain: 'example.org' }] });
  assert.equal(policiesIn(made), [
    "default-src 'self'; script-src 'self' https://plausible.io; connect-src 'self' https://plausible.io",
  ]);
});

test('a captured page gets a policy only where the origin sent one', () => {
  assert.equal(policiesIn(edit(page('<script>a()</script>'), { uses: [{ use: 'pixel' }] })), []);
});

/** What the origin sent, and what its page then says itself. */
const SENT: readonly [name: string, header: string, html: string, policies: readonly string[]][] = [
  [
    'what works in headers only is left out',
    "frame-ancestors 'self'; sandbox; report-uri /r; img-src *",
    '',
    ['img-src *'],
  ],
  ['nothing is left of it', "frame-ancestors 'self'", '', []],
  ['two policies stay two', 'img-src *, object-src a.example', '', ['img-src *', 'object-src a.example']],
  ['the origin itself is the site', 'img-src https://origin.example.org', '', ["img-src 'self'"]],
  [
    'a nonce is that of the page',
    "script-src 'nonce-later'",
    '<script nonce="abc-1">a()</script>',
    ["script-src 'nonce-abc-1'"],
  ],
  ['quotes end nothing', 'img-src "><script>', '', ['img-src "><script>']],
  [
    'a script whose addresses changed',
    `script-src ${sha('go("https://origin.example.org/a/")')}`,
    '<script>go("https://origin.example.org/a/")</script>',
    [`script-src ${sha('go("https://origin.example.org/a/")')} ${sha(CHANGED)}`],
  ],
];
for (const [name, sent, html, policies] of SENT) {
  test(`a captured page, ${name}: ${sent}`, () => {
    assert.equal(policiesIn(edit(page(html), { policy: { sent } })), policies);
  });
}

test('a captured page lets the analytics in beside what its origin allows, and a holding page whatever is put into it later', () => {
  const made = edit(page(''), {
    policy: { sent: "default-src 'self'" },
    uses: [{ use: 'matomo', url: 'https://m.example', site: 1, dimension: 1 }],
  });
  const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(made) ?? [];
  assert.equal(policiesIn(made), [
    `default-src 'self'; script-src 'self' https://m.example ${sha(script)}; img-src 'self' https://m.example; connect-src 'self' https://m.example`,
  ]);
  assert.ok(policiesIn(admit(made, { inline: [HASH] }))[0]?.includes(HASH));
  assert.is(admit(page(''), { inline: [HASH] }), page(''));
});

test.run();
