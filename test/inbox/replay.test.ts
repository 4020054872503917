// takes: 15 s
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import * as assert from 'uvu/assert';
import { waitAfter } from '../../src/inbox/backoff.ts';
import { nameOf } from '../../src/inbox/entry.ts';
import { isHoldfastError } from '../../src/model/errors.ts';
import { closeAll, serve } from '../origin/rig.ts';
import { suite } from '../support/suite.ts';
import { createOwnClock, openReplaying, type Replaying } from './replaying.ts';

const test = suite('the inbox, replaying');

const opened: Replaying[] = [];

async function open(...args: Parameters<typeof openReplaying>): Promise<Replaying> {
  const replaying = await openReplaying(...args);
  opened.push(replaying);
  return replaying;
}

test.after.each(async () => {
  for (const one of opened.splice(0)) await one.close();
  await closeAll();
});

type Answering = (request: IncomingMessage, response: ServerResponse, body: URLSearchParams) => void;

/** An origin whose front page is well, and whose form answers as told; what it was asked. */
async function origin(
  form: Answering,
  front = 200,
): Promise<{ url: string; asked: string[]; posted: URLSearchParams[] }> {
  const asked: string[] = [];
  const posted: URLSearchParams[] = [];
  const rig = await serve(async (request, response) => {
    asked.push(`${request.method} ${request.url?.replace(/&.*$/, '')}`);
    if (request.url === '/') response.writeHead(front).end('front');
    else if (request.method === 'GET') response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
    else {
      const body = new URLSearchParams(await text(request));
      posted.push(body);
      form(request, response, body);
    }
  });
  return { url: rig.url, asked, posted };
}

let made = 40;
const stores: Answering = (_request, response) => {
  made += 1;
  response.writeHead(302, { location: `https://www.example.org/a/#comment-${made}` }).end();
};
const answers =
  (status: number, body = '', headers: Record<string, string> = {}): Answering =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body);

const DIE =
  '<html><body id="error-page"><div class="wp-die-message"><p><strong>Error:</strong> Sorry, Ann: closed.</p></div></body></html>';

/** What the origin answers, and where the submission then lies. */
const OUTCOMES: readonly [name: string, answer: Answering, folder: string, sure: boolean][] = [
  ['302 to the comment', answers(302, '', { location: '/a/#comment-9' }), 'done', true],
  [
    '302 to one that waits',
    answers(302, '', { location: '/a/?unapproved=9&moderation-hash=x#comment-9' }),
    'done',
    true,
  ],
  ['409', answers(409, DIE), 'done', true],
  ['200 of WordPress', answers(200, DIE), 'refused', true],
  ['403', answers(403, DIE), 'refused', true],
  ['302 to a login', answers(302, '', { location: '/wp-login.php' }), 'refused', true],
  ['302 to a comment elsewhere', answers(302, '', { location: 'https://evil.example/#comment-9' }), 'refused', true],
  ['200 of something else', answers(200, '<h1>Busy</h1>'), 'new', true],
  ['429', answers(429), 'new', true],
  ['503', answers(503), 'new', true],
  ['500', answers(500), 'new', false],
  ['301 to https', answers(301, '', { location: 'https://www.example.org/wp-comments-post.php' }), 'new', true],
  ['a reset', (request) => request.destroy(), 'new', false],
];

for (const [name, answer, folder, sure] of OUTCOMES) {
  test(`${name}: ${folder === 'new' ? `put off, ${sure ? 'not stored' : 'perhaps stored'}` : folder}`, async () => {
    const { url } = await origin(answer);
    const replaying = await open(url);
    const entry = await replaying.add({});
    await replaying.replay();
    assert.equal(await replaying.folders(), { [folder]: 1 });
    const [after] = await replaying.spool.list(folder as 'new');
    assert.is(after?.receipt, entry.receipt);
    assert.is(after?.sure, sure);
    assert.is(after?.tries, folder === 'new' ? 1 : 0);
    if (folder === 'new') assert.is(after?.due, replaying.clock.now() + 60_000);
    if (folder === 'refused') {
      const why = await replaying.spool.why(entry);
      assert.ok((why?.text.length ?? 0) > 5);
      assert.not.match(why?.text ?? '', 'Ann', 'a reason names nobody');
    }
  });
}

test('nothing is sent before three good answers, nor after the first 503', async () => {
  const away = await origin(stores, 503);
  const waits = await open(away.url);
  await waits.add({});
  const report = await waits.replay();
  assert.is(report.stopped, 'the origin is not well');
  assert.equal(away.asked, ['GET /']);

  let forms = 0;
  const tired = await origin((request, response, body) => {
    forms += 1;
    if (forms === 2) response.writeHead(503).end();
    else stores(request, response, body);
  });
  const stops = await open(tired.url);
  for (let nth = 0; nth < 4; nth++) await stops.add({ comment: `words ${nth}` });
  const second = await stops.replay();
  assert.equal([second.delivered, second.later, second.waiting, second.stopped], [1, 1, 3, 'status 503']);
  assert.equal(tired.asked.slice(0, 4), ['GET /', 'GET /', 'GET /', 'POST /wp-comments-post.php']);
  assert.is(tired.posted.length, 2);
});

test('an empty inbox asks the origin nothing', async () => {
  const { url, asked } = await origin(stores);
  const replaying = await open(url);
  assert.is((await replaying.replay()).waiting, 0);
  assert.equal(asked, []);
});

test("forms go oldest first, 16 s apart, and with the visitor's address", async () => {
  const addresses: unknown[] = [];
  const { url, posted } = await origin((request, response, body) => {
    addresses.push(request.headers['x-forwarded-for']);
    stores(request, response, body);
  });
  const replaying = await open(url);
  for (let nth = 0; nth < 3; nth++) await replaying.add({ comment: `words ${nth}` });
  assert.is((await replaying.replay()).delivered, 3);
  assert.equal(
    posted.map((body) => body.get('comment')),
    ['words 0', 'words 1', 'words 2'],
  );
  assert.equal(addresses, Array(3).fill('203.0.113.7'));
  assert.equal(
    replaying.clock.slept.filter((ms) => ms > 2000),
    [16_000, 16_000],
  );
});

test('a submission that is refused or put off again and again keeps no other waiting', async () => {
  const { url, posted } = await origin((request, response, body) => {
    if (body.get('comment')?.startsWith('poison')) response.writeHead(500).end();
    else stores(request, response, body);
  });
  const replaying = await open(url);
  await replaying.add({ comment: 'poison 1' });
  await replaying.add({ comment: 'poison 2' });
  for (let nth = 0; nth < 3; nth++) await replaying.add({ comment: `fine ${nth}` });
  const first = await replaying.replay();
  assert.equal([first.delivered, first.later], [0, 2], 'two in a row: it may be the origin');
  const second = await replaying.replay();
  assert.equal([second.delivered, second.later], [3, 0], 'those that are put off wait, the others go');
  assert.is(posted.length, 5);
});

test('what is put off waits longer each time, and after three days is a dead letter', async () => {
  const { url } = await origin(answers(429));
  const replaying = await open(url);
  const began = replaying.clock.now();
  const entry = await replaying.add({});
  for (let tries = 1; tries < 20; tries++) {
    await replaying.replay();
    const [put] = await replaying.spool.list('new');
    assert.is(put?.tries, tries);
    assert.is((put?.due ?? 0) - replaying.clock.now(), waitAfter(tries));
    assert.is((await replaying.replay()).later, 0, 'it is not due yet');
    replaying.clock.skip(waitAfter(tries));
  }
  const days = (replaying.clock.now() - began) / 86_400_000;
  assert.ok(days > 2.5 && days < 3.5, `${days} days`);
  await replaying.replay();
  assert.is((await replaying.spool.why(entry))?.code, 'given-up');
});

test('one that may be stored is looked up first: seen, it is delivered; not seen, it is sent', async () => {
  const rows = [
    { id: 77, author_name: 'Ann', content: { rendered: '<p>It&#8217;s a &#8220;fine&#8221; day &#8211; really</p>' } },
  ];
  let searched = '';
  const posted: string[] = [];
  const rig = await serve((request, response) => {
    if (request.method === 'POST') {
      posted.push(request.url ?? '');
      stores(request, response, new URLSearchParams());
    } else if (request.url === '/') response.end();
    else {
      searched = new URL(request.url ?? '', 'http://x').searchParams.get('search') ?? '';
      response.end(JSON.stringify(rows));
    }
  });
  const replaying = await open(rig.url);
  await replaying.add({ comment: 'It\'s a "fine" day -- really' }, { sure: false });
  await replaying.add({ comment: 'Another day', author: 'Ann' }, { sure: false });
  await replaying.add({ comment: 'It\'s a "fine" day -- really', author: 'Bob' }, { sure: false });
  await replaying.add({ comment: 'It\'s a "fine" day -- really', comment_parent: '9' }, { sure: false });
  const report = await replaying.replay();
  assert.is(report.delivered, 4);
  assert.is(posted.length, 3, 'other words, another author, and an answer to somebody else are other comments');
  assert.is(replaying.log[0]?.id, 77);
  assert.is(searched, 'really', 'the longest run that no filter changes');
});

test('where it cannot be looked up, it is not sent', async () => {
  const posted: string[] = [];
  const rig = await serve((request, response) => {
    if (request.method === 'POST') posted.push('form');
    response.writeHead(request.url === '/' ? 200 : 502).end();
  });
  const replaying = await open(rig.url);
  await replaying.add({}, { sure: false });
  assert.is((await replaying.replay()).later, 1);
  assert.equal(posted, []);
});

test('what a killed replay left is looked up before it is sent again', async () => {
  const { url, asked } = await origin(stores);
  const replaying = await open(url);
  const entry = await replaying.add({});
  await replaying.spool.move(entry, 'new', 'cur');
  assert.is((await replaying.replay()).delivered, 1);
  assert.equal(asked.slice(3), ['GET /index.php?rest_route=/wp/v2/comments', 'POST /wp-comments-post.php']);
});

test('a run that is ended while it waits for its pace leaves what it did not send as it was', async () => {
  const { url, posted } = await origin(stores);
  const ending = new AbortController();
  const clock = createOwnClock();
  const replaying = await open(
    url,
    {},
    {
      ...clock,
      sleep: async (ms, signal) => {
        if (ms > 2000) ending.abort(new Error('told to end'));
        await clock.sleep(ms, signal);
      },
    },
  );
  await replaying.add({ comment: 'first' });
  const second = await replaying.add({ comment: 'second' });
  assert.match(String(await replaying.replay(ending.signal).catch((reason: unknown) => reason)), 'told to end');
  assert.is(posted.length, 1);
  assert.equal(await replaying.folders(), { new: 1, done: 1 });
  assert.equal(await replaying.spool.list('new'), [second]);
});

test('a torn file is put aside, never sent and never deleted; the others go', async () => {
  const { url, posted } = await origin(stores);
  const replaying = await open(url);
  const [cut, empty, changed] = [await replaying.add({}), await replaying.add({}), await replaying.add({})];
  await replaying.add({ comment: 'whole' });
  const pathOf = (entry: typeof cut) => join(replaying.dir, 'new', nameOf(entry));
  await truncate(pathOf(cut), 50);
  await writeFile(pathOf(empty), '');
  const bytes = await readFile(pathOf(changed));
  bytes[10] = (bytes[10] ?? 0) ^ 1;
  await writeFile(pathOf(changed), bytes);
  const report = await replaying.replay();
  assert.equal([report.torn, report.delivered], [3, 1]);
  assert.equal(await replaying.folders(), { quarantine: 3, done: 1 });
  assert.equal(
    posted.map((body) => body.get('comment')),
    ['whole'],
  );
  replaying.clock.skip(90 * 86_400_000);
  await replaying.replay();
  assert.equal(await replaying.folders(), { quarantine: 3 });
});

test('what was delivered goes after a day, a dead letter and its reason after thirty', async () => {
  const { url } = await origin((request, response, body) => {
    if (body.get('comment') === 'bad') answers(403, DIE)(request, response, body);
    else stores(request, response, body);
  });
  const replaying = await open(url);
  await replaying.add({ comment: 'bad' });
  await replaying.add({ comment: 'good' });
  await replaying.replay();
  replaying.clock.skip(86_400_000 - 100_000);
  await replaying.replay();
  assert.equal(await replaying.folders(), { done: 1, refused: 1 });
  replaying.clock.skip(100_000);
  await replaying.replay();
  assert.equal(await replaying.folders(), { refused: 1 });
  replaying.clock.skip(29 * 86_400_000);
  await replaying.replay();
  assert.equal(await readdir(join(replaying.dir, 'refused')), []);
  const again = await replaying.add({ comment: 'bad' });
  await replaying.replay();
  const [dead = again] = await replaying.spool.list('refused');
  await replaying.spool.move(dead, 'refused', 'new', again);
  await replaying.spool.remove('new', again);
  await replaying.replay();
  assert.equal(
    await readdir(join(replaying.dir, 'refused')),
    [],
    'its reason goes with one that was sent again or dropped',
  );
});

test('a reason holds nothing that the visitor sent, however much of it the origin repeats', async () => {
  const words = `Words of mine\r\n${'that go on and on '.repeat(30)}to the end`;
  const refusal = `<body id="error-page"><p>203.0.113.7 is blocked: <b>Ann</b> says ${words.replaceAll('\r\n', '<br>\n')}.</p></body>`;
  const { url } = await origin(answers(403, refusal));
  const replaying = await open(url);
  const entry = await replaying.add({ comment: words });
  await replaying.replay();
  assert.is((await replaying.spool.why(entry))?.text, '… is blocked: … says ….');
});

test('of two replays at once one works, and the other says that it is locked', async () => {
  let inside = 0;
  let most = 0;
  const { url, posted } = await origin((request, response, body) => {
    inside += 1;
    most = Math.max(most, inside);
    setTimeout(() => {
      inside -= 1;
      stores(request, response, body);
    }, 20);
  });
  const replaying = await open(url);
  for (let nth = 0; nth < 5; nth++) await replaying.add({ comment: `words ${nth}` });
  const both = await Promise.allSettled([replaying.replay(), replaying.replay()]);
  const lost = both.filter((one) => one.status === 'rejected');
  assert.is(lost.length, 1);
  assert.ok(lost.every(({ reason }) => isHoldfastError(reason, 'locked')));
  assert.is(posted.length, 5);
  assert.is(most, 1);
});

test('sealed submissions need their key: without it the run says so and touches nothing, with another it goes on past them', async () => {
  const [mine, other] = [await generateX25519Identity(), await generateX25519Identity()];
  const { url, posted } = await origin(stores);
  const recipient = await identityToRecipient(mine);
  const keyless = await open(url, { recipient });
  await keyless.add({});
  const error = await keyless.replay().catch((reason: unknown) => reason);
  assert.ok(isHoldfastError(error, 'inbox-sealed'));
  assert.equal(await keyless.folders(), { new: 1 });
  const wrong = await open(url, { recipient, replay: { identity: other } });
  await wrong.add({});
  assert.is((await wrong.replay()).unreadable, 1);
  assert.equal(await wrong.folders(), { new: 1 });
  assert.equal(posted, []);
  const right = await open(url, { recipient, replay: { identity: mine } });
  await right.add({ comment: 'sealed words' });
  assert.is((await right.replay()).delivered, 1);
  assert.is(posted[0]?.get('comment'), 'sealed words');
});

test('another form of comments: its own statuses say what is stored, and what may be stored is left to a person', async () => {
  const forms = [
    { use: 'fields' as const, path: '/wp-comments-post.php', text: 'comment', author: 'author', stored: [201] },
  ];
  const { url, posted } = await origin((_request, response, body) => {
    response.writeHead(body.get('comment') === 'good' ? 201 : 200).end('<p>No, thank you</p>');
  });
  const replaying = await open(url, { forms });
  await replaying.add({ comment: 'good' });
  await replaying.add({ comment: 'bad' });
  await replaying.add({ comment: 'who knows' }, { sure: false });
  const report = await replaying.replay();
  assert.equal([report.delivered, report.refused], [1, 2]);
  assert.is(posted.length, 2);
  const codes = await Promise.all((await replaying.spool.list('refused')).map((entry) => replaying.spool.why(entry)));
  assert.equal(codes.map((why) => why?.code).sort(), ['refused', 'unsure']);
});

test.run();
