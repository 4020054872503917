import * as assert from 'uvu/assert';
import type { GateConfig } from '../../src/config/schema.ts';
import { type Candidate, judge, judgeStatus } from '../../src/snapshot/gate/judge.ts';
import { PHRASES } from '../../src/snapshot/gate/phrases.ts';
import { repeatedBodies } from '../../src/snapshot/gate/repeated.ts';
import { suite } from '../support/suite.ts';
import { badServers } from './corpus/bad-servers.ts';
import { type BadPage, badWordpress } from './corpus/bad-wordpress.ts';
import { good } from './corpus/good.ts';
import { bare, COMMENTS, landmarks, post } from './corpus/theme.ts';

const RULES: GateConfig = {
  mustContain: ['</html>'],
  mustNotContain: [],
  minBytes: 512,
  maxShrink: 0.5,
  maxKept: 86_400_000,
};
const bad: readonly BadPage[] = [...badWordpress, ...badServers];

interface Look {
  readonly html?: string | Buffer;
  readonly type?: string;
  readonly rules?: Partial<GateConfig>;
  readonly setCookies?: readonly string[];
  readonly last?: number;
}

function look({ html = GOOD, type = 'text/html; charset=UTF-8', rules = {}, setCookies = [], last }: Look) {
  const bytes = typeof html === 'string' ? Buffer.from(html) : html;
  const candidate: Candidate = { address: '/a/', type, bytes, setCookies };
  return judge(last === undefined ? candidate : { ...candidate, last: { textSize: last } }, { ...RULES, ...rules });
}

const NOTES = `<h1>Notes</h1><p>${'A line of a note about the sea. '.repeat(40)}</p>`;
const GOOD = landmarks({ title: 'Notes', main: post('Notes', NOTES, COMMENTS) });

const problemOf = (looked: Look) => {
  const verdict = look(looked);
  return verdict.pass ? 'pass' : verdict.problem;
};

const pages = suite('the gate, over a corpus');

pages('the corpora are as large as they are meant to be', () => {
  assert.ok(bad.length >= 60, `${bad.length} bad pages`);
  assert.ok(good.length >= 100, `${good.length} good pages`);
  assert.ok(PHRASES.length >= 40, `${PHRASES.length} phrases`);
  assert.is(new Set(bad.map(({ name }) => name)).size, bad.length, 'no name twice');
});

pages('every bad page at status 200 is refused, for the right reason', () => {
  const wrong = bad
    .map(({ name, html, problem }) => ({ name, problem, got: problemOf({ html }) }))
    .filter(({ problem, got }) => got !== problem);
  assert.equal(wrong, []);
});

for (const status of [500, 503]) {
  pages(`every bad page at status ${status} is refused and never gone`, () => {
    for (const { name, html } of bad) {
      const judged = judgeStatus(status, Buffer.from(html));
      assert.ok(judged !== 'gone' && ['status', 'forbidden'].includes(judged.problem), name);
    }
  });
}

pages('every good page passes, articles about errors among them', () => {
  const wrong = good
    .map(({ name, html }) => ({ name, verdict: look({ html }) }))
    .filter(({ verdict }) => !verdict.pass);
  assert.equal(wrong, []);
});

pages('every good page passes in Latin-1 too, and every bad one is refused', () => {
  const latin1 = (html: string) => ({ html: Buffer.from(html, 'latin1'), type: 'text/html; charset=ISO-8859-1' });
  const isLatin1 = ({ html }: { html: string }) => !/[^\u0000-\u00ff]/.test(html.replaceAll('–', '-'));
  const asLatin1 = (html: string) =>
    latin1(html.replaceAll('–', '-').replaceAll('charset="UTF-8"', 'charset="ISO-8859-1"'));
  assert.equal(
    good
      .filter(isLatin1)
      .map(({ html }) => problemOf(asLatin1(html)))
      .filter((problem) => problem !== 'pass'),
    [],
  );
  assert.equal(
    bad
      .filter(isLatin1)
      .filter(({ html, problem }) => problemOf(asLatin1(html)) !== problem)
      .map(({ name }) => name),
    [],
  );
  assert.ok(bad.some((page) => isLatin1(page) && /é/.test(page.html)));
});

pages('a phrase is a page by itself in each of the built-in lists', () => {
  for (const { text, whole } of PHRASES) {
    const html = bare('x', whole ? `<h1>${text}</h1>` : `<p>${text}</p>`);
    assert.ok(['forbidden', 'private'].includes(problemOf({ html })), text);
  }
});

pages.run();

const rules = suite('the gate, rule by rule');

rules('a good page passes with the size of its text and no warning', () => {
  const verdict = look({});
  assert.ok(verdict.pass);
  assert.equal(verdict.warnings, []);
  assert.ok(verdict.textSize > 1000 && verdict.textSize < GOOD.length, String(verdict.textSize));
});

rules('the size of the text leaves out tags, scripts, styles, comments and white space', () => {
  const verdict = look({
    html: '<html><style>aaa</style><script>bbb</script><!-- ccc --> <p title="ddd">four\n fi&ve</p></html>',
    rules: { minBytes: 0 },
  });
  assert.ok(verdict.pass);
  assert.is(verdict.textSize, 9);
});

const TYPES: readonly (readonly [type: string, bytes: Buffer, pass: boolean])[] = [
  ['text/html', Buffer.from(GOOD), true],
  ['TEXT/HTML;charset=utf-8', Buffer.from(GOOD), true],
  ['application/xhtml+xml', Buffer.from(GOOD), true],
  ['text/html; charset=windows-1251', Buffer.from(GOOD), true],
  ['text/html; charset=no-such-charset', Buffer.from(GOOD), true],
  ['application/json', Buffer.from(GOOD), false],
  ['text/plain', Buffer.from(GOOD), false],
  ['', Buffer.from(GOOD), false],
  ['text/html; charset=utf-16', Buffer.from(GOOD), false],
  ['text/html', Buffer.from(`\ufeff${GOOD}`, 'utf16le'), false],
  ['text/html', Buffer.from(GOOD, 'utf16le'), false],
  ['text/html', Buffer.from(GOOD, 'utf16le').swap16(), false],
];
for (const [type, html, pass] of TYPES) {
  rules(`"${type}" of ${html.length} bytes ${pass ? 'is read' : 'is refused'}`, () => {
    assert.is(problemOf({ html, type }), pass ? 'pass' : 'type');
  });
}

rules('the refusal of UTF-16 says what to do', () => {
  const verdict = look({ html: Buffer.from(GOOD, 'utf16le') });
  assert.ok(!verdict.pass);
  assert.match(verdict.text, /UTF-16.*UTF-8/);
});

const CUTS: readonly (readonly [what: string, html: string, problem: string])[] = [
  ['in capitals, with a space', GOOD.replace('</html>', '</HTML >'), 'pass'],
  ['missing', GOOD.replace('</html>', ''), 'unclosed'],
  ['only in a script', GOOD.replace('</html>', '<script>var end = "</html>";</script>'), 'unclosed'],
  ['only in a comment', GOOD.replace('</html>', '<!-- </html> -->'), 'unclosed'],
  ['only in an attribute', GOOD.replace('</html>', '<p title="</html>">'), 'unclosed'],
  ['only in a text field', GOOD.replace('</html>', '<textarea></html>'), 'unclosed'],
];
for (const [what, html, problem] of CUTS) {
  rules(`a closing tag ${what}: ${problem}`, () => assert.is(problemOf({ html }), problem));
}

rules('no prefix of a page passes', () => {
  const bytes = Buffer.from(GOOD);
  for (let end = 0; end < bytes.lastIndexOf('>'); end += 37) {
    assert.ok(problemOf({ html: bytes.subarray(0, end) }) !== 'pass', `cut at ${end}`);
  }
});

rules('required, forbidden and minimum are as configured', () => {
  assert.is(problemOf({ rules: { mustContain: ['</html>', 'Made in a small room'] } }), 'pass');
  assert.is(problemOf({ rules: { mustContain: ['Made in a large room'] } }), 'unclosed');
  assert.is(problemOf({ rules: { mustNotContain: ['small room'] } }), 'forbidden');
  assert.is(problemOf({ rules: { minBytes: Buffer.byteLength(GOOD) } }), 'pass');
  assert.is(problemOf({ rules: { minBytes: Buffer.byteLength(GOOD) + 1 } }), 'small');
  assert.is(problemOf({ html: GOOD.replace('</html>', ''), rules: { mustContain: [] } }), 'pass');
});

rules('a page may lose as much of its text as configured, and no more', () => {
  const verdict = look({});
  assert.ok(verdict.pass);
  assert.is(problemOf({ last: verdict.textSize * 2 }), 'pass');
  assert.is(problemOf({ last: verdict.textSize * 2 + 2 }), 'shrunk');
  assert.is(problemOf({ last: verdict.textSize * 2 + 2, rules: { maxShrink: 0.9 } }), 'pass');
  assert.is(problemOf({ last: 0 }), 'pass');
});

const respond = (fields: string) =>
  GOOD.replace('<p><input id="author" name="author" type="text" value="" size="30"></p>', fields);
const PERSONAL: readonly (readonly [what: string, html: string, problem: string])[] = [
  ['the admin bar', GOOD.replace('</main>', '</main><div id="wpadminbar" class="nojq"></div>'), 'personal'],
  ['the admin bar in a style', GOOD.replace('</style>', '#wpadminbar{top:0}</style>'), 'pass'],
  ['the admin bar in code', GOOD.replace('</main>', '<code>&lt;div id="wpadminbar"></code></main>'), 'pass'],
  ['a body of somebody logged in', GOOD.replace('<body class="', '<body class="logged-in admin-bar '), 'personal'],
  ['a body with a like name', GOOD.replace('<body class="', '<body class="not-logged-in '), 'pass'],
  ["a commenter's name", respond('<p><input name="author" value="Ann Example"></p>'), 'personal'],
  ["a commenter's address", respond("<p><input type=email value='ann@example.org' name=email></p>"), 'personal'],
  ['an empty field', respond('<p><input name="author" value=" "></p>'), 'pass'],
  ['a label in Japanese', respond('<p><input name="author" value="お名前 *"></p>'), 'pass'],
  ['a name in Japanese', respond('<p><input name="author" value="山田"></p>'), 'personal'],
  ['a label in the field', respond('<p><input name="author" value="Your name *"></p>'), 'pass'],
  [
    'a label that a script empties',
    respond('<p><input name="author" value="Wie heißt du?" onfocus="this.value=\'\'"></p>'),
    'pass',
  ],
  [
    'a name in another form',
    GOOD.replace('</main>', '<form action="/x"><input name="author" value="Ann"></form></main>'),
    'pass',
  ],
  ['logged in as', respond('<p class="logged-in-as">Logged in as <a href="/profile">Ann</a>.</p>'), 'personal'],
  ['logged in as, told in an article', GOOD.replace('</main>', '<p>It says "Logged in as Ann".</p></main>'), 'pass'],
  [
    'a comment awaiting moderation',
    respond('<p><em class="comment-awaiting-moderation">Your comment is awaiting moderation.</em></p>'),
    'personal',
  ],
  [
    'a link to log out',
    GOOD.replace('</main>', '<a href="/wp-login.php?action=logout&amp;_wpnonce=7a1b2c3d4e">Log out</a></main>'),
    'personal',
  ],
  [
    'a link to log out of a forum',
    GOOD.replace('</main>', '<a href="./ucp.php?mode=logout&amp;sid=0123">Logout</a></main>'),
    'personal',
  ],
  [
    'a link to log out in a guide',
    GOOD.replace('</main>', '<a href="/wp-login.php?action=logout">this address</a></main>'),
    'pass',
  ],
];
for (const [what, html, problem] of PERSONAL) {
  rules(`${what}: ${problem}`, () => {
    assert.ok(html !== GOOD);
    assert.is(problemOf({ html }), problem);
  });
}

rules('a session cookie is a warning, a login cookie a refusal', () => {
  const verdict = look({ setCookies: ['PHPSESSID=1; path=/', 'lang=en', 'PHPSESSID=2; path=/x'] });
  assert.ok(verdict.pass);
  assert.equal(verdict.warnings, ['session-cookie: PHPSESSID', 'cookie: lang']);
  assert.is(problemOf({ setCookies: ['wordpress_logged_in_abc=ann%7C1; path=/'] }), 'personal');
  assert.is(problemOf({ setCookies: ['comment_author_abc=Ann'] }), 'personal');
});

rules('a notice of PHP is a warning', () => {
  const verdict = look({
    html: `<b>Warning</b>:  Undefined variable $x in <b>/srv/a.php</b> on line <b>3</b><br />${GOOD}`,
  });
  assert.ok(verdict.pass);
  assert.equal(verdict.warnings, ['php-message: Warning']);
});

const GONE = bare('Not found', '<h1>Not found</h1><p>There is nothing here. Perhaps the search helps.</p>');
const DOWN = bare('Database Error', '<h1>Error establishing a database connection</h1>', '<body id="error-page">');
const CHALLENGE = bare('Just a moment...', '<p>Checking your browser before accessing example.org.</p>');
const NGINX = bare('403 Forbidden', '<center><h1>403 Forbidden</h1></center><hr><center>nginx</center>');
const STATUSES: readonly (readonly [status: number, html: string, result: string])[] = [
  [404, GONE, 'gone'],
  [410, '', 'gone'],
  [404, DOWN, 'forbidden'],
  [401, '', 'private'],
  [403, GONE, 'private'],
  [403, NGINX, 'private'],
  [403, CHALLENGE, 'forbidden'],
  [500, '', 'status'],
  [503, GONE, 'status'],
  [503, DOWN, 'forbidden'],
  [204, '', 'status'],
  [206, GOOD, 'status'],
];
for (const [status, html, result] of STATUSES) {
  rules(`${status} with ${html.length} bytes is ${result}`, () => {
    const judged = judgeStatus(status, Buffer.from(html));
    assert.is(judged === 'gone' ? judged : judged.problem, result);
    if (judged !== 'gone') assert.match(judged.text, new RegExp(`answered ${status}`));
  });
}

rules('one body on many addresses is found, and a few alike pages are not', () => {
  const list = (alike: number, others: number) =>
    [...Array(alike + others).keys()].map((index) => ({
      address: `/${index}/`,
      same: index < alike ? 'one' : String(index),
    }));
  assert.equal([...repeatedBodies(list(6, 10))], ['/0/', '/1/', '/2/', '/3/', '/4/', '/5/']);
  assert.is(repeatedBodies(list(5, 0)).size, 0);
  assert.is(repeatedBodies(list(6, 54)).size, 0);
  assert.is(repeatedBodies(list(6, 53)).size, 6);
  assert.is(repeatedBodies([]).size, 0);
});

rules.run();
