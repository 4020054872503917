// takes: 12 s
import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import * as assert from 'uvu/assert';
import { unwrap } from '../../src/inbox/envelope.ts';
import { createUnsealer } from '../../src/inbox/seal.ts';
import { closeAll, serve, serveRaw } from '../origin/rig.ts';
import { suite } from '../support/suite.ts';
import { replayOnce } from './replaying.ts';
import { comment, type Inbox, openInbox, post } from './rig.ts';

const test = suite('the inbox, receiving');

/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:9';
const inboxes: Inbox[] = [];

async function open(...args: Parameters<typeof openInbox>): Promise<Inbox> {
  const inbox = await openInbox(...args);
  inboxes.push(inbox);
  return inbox;
}

test.after.each(async () => {
  for (const inbox of inboxes.splice(0)) await inbox.close();
  await closeAll();
});

interface Seen {
  readonly headers: IncomingMessage['headers'];
  readonly body: URLSearchParams;
  readonly path: string;
}

/** An origin that remembers the forms it got. */
async function origin(answer: (response: ServerResponse) => void): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const rig = await serve(async (request, response) => {
    seen.push({
      headers: request.headers,
      body: new URLSearchParams(await text(request)),
      path: request.url ?? '',
    });
    answer(response);
  });
  return { url: rig.url, seen };
}

test("while the origin answers, its answer is the visitor's: status, Location, every cookie and the body", async () => {
  const { url, seen } = await origin((response) => {
    response.writeHead(302, {
      location: 'https://www.example.org/a/#comment-7',
      'set-cookie': ['comment_author=Ann; path=/', 'comment_author_email=x; HttpOnly'],
      connection: 'x-local, close',
      'x-local': 'of this connection',
      'x-kept': 'yes',
    });
    response.end('moved');
  });
  const inbox = await open(url);
  const fields = comment({
    comment: 'é & "ü"',
    redirect_to: 'https://evil.example/',
    'redirect.to': 'https://evil.example/',
    'redirect[to': 'https://evil.example/',
    'holdfast-filled': '9000',
  });
  const headers = { cookie: 'a=1; b=2', 'x-forwarded-for': '203.0.113.7', 'user-agent': 'Browser/1', 'x-secret': 'x' };
  const answer = await inbox.post(fields, { headers, path: '/wp-comments-post.php?a=1' });
  assert.is(answer.status, 302);
  assert.is(answer.headers.location, 'https://www.example.org/a/#comment-7');
  assert.equal(answer.headers['set-cookie'], ['comment_author=Ann; path=/', 'comment_author_email=x; HttpOnly']);
  assert.is(answer.headers['x-kept'], 'yes');
  assert.is(answer.headers['x-local'], undefined, "what belongs to the origin's connection stays there");
  assert.is(answer.body, 'moved');
  const [first] = seen;
  assert.is(first?.path, '/wp-comments-post.php?a=1');
  assert.is(first?.body.get('comment'), 'é & "ü"');
  const named = [...(first?.body.keys() ?? [])].filter((name) => name.startsWith('redirect'));
  assert.equal(named, [], 'PHP would take each of them for redirect_to');
  assert.is(first?.body.get('holdfast-filled'), null);
  assert.is(first?.headers['x-forwarded-for'], '203.0.113.7');
  assert.is(first?.headers.host, new URL(url).host, 'as looks have it');
  assert.is(first?.headers.origin, 'https://www.example.org');
  assert.is(first?.headers.cookie, 'a=1; b=2');
  assert.is(first?.headers['user-agent'], 'Browser/1');
  assert.is(first?.headers['x-secret'], undefined);
  assert.is(seen.length, 1);
  assert.equal(await inbox.entries(), []);
});

test('where the origin calls itself by its own address, the visitor is led to the public one', async () => {
  const rig = await origin((response) => {
    response.writeHead(302, { location: `${rig.url}/a/?unapproved=7#comment-7` }).end();
  });
  const answer = await (await open(rig.url)).post(comment());
  assert.is(answer.headers.location, 'https://www.example.org/a/?unapproved=7#comment-7');
});

/** What the origin does, whether that is the visitor's answer, and whether it may have stored the comment. */
const ANSWERS: readonly [status: number, body: string, becomes: 'handed' | 'sure' | 'unsure'][] = [
  [302, '', 'handed'],
  [200, 'ERROR: please fill the required fields', 'handed'],
  [400, '', 'handed'],
  [403, 'closed', 'handed'],
  [409, 'Duplicate comment detected', 'handed'],
  [429, 'too quickly', 'sure'],
  [500, '<h1>Error establishing a database connection</h1>', 'sure'],
  [500, 'There has been a critical error', 'unsure'],
  [502, '', 'unsure'],
  [503, 'maintenance', 'sure'],
  [504, '', 'unsure'],
];

for (const [status, body, becomes] of ANSWERS) {
  const then = becomes === 'handed' ? "is the visitor's" : `has the comment kept, as ${becomes}`;
  test(`an origin's ${status} ${body.slice(0, 30)} ${then}`, async () => {
    const { url } = await origin((response) => response.writeHead(status).end(body));
    const inbox = await open(url);
    const answer = await inbox.post(comment());
    const entries = await inbox.entries();
    if (becomes === 'handed') {
      assert.is(answer.status, status);
      assert.is(answer.body, body);
      assert.equal(entries, []);
    } else {
      assert.is(answer.status, 202);
      assert.is(answer.headers['cache-control'], 'no-store');
      assert.equal(
        entries.map(({ receipt, sure }) => [receipt, sure]),
        [[answer.receipt, becomes === 'sure']],
      );
    }
  });
}

test('a connection refused is kept as sure; one that broke off or went silent after the form was sent, as unsure', async () => {
  const refused = await open(NOWHERE);
  await refused.post(comment());
  assert.is((await refused.entries())[0]?.sure, true);
  const broken = await open((await serveRaw((socket) => socket.destroy())).url);
  await broken.post(comment());
  assert.is((await broken.entries())[0]?.sure, false);
  const silent = await open((await serveRaw(() => {})).url, { deadline: '200ms' });
  await silent.post(comment());
  assert.is((await silent.entries())[0]?.sure, false);
});

test('what is kept is the form, whose it was, and no cookie; readable by its owner alone', async () => {
  const inbox = await open(NOWHERE);
  const headers = { cookie: 'wordpress_logged_in_x=canary', 'x-forwarded-for': '203.0.113.7', 'user-agent': 'B/1' };
  await inbox.post(comment({ redirect_to: 'x' }), { headers });
  const [file] = await inbox.files();
  const kept = JSON.parse(unwrap(file ?? Buffer.alloc(0))?.toString() ?? '');
  assert.equal(new Map(kept.fields), new Map(Object.entries(comment())));
  assert.is(kept.address, '203.0.113.7');
  assert.not.match(JSON.stringify(kept), 'canary');
  for (const name of await readdir(inbox.spool, { recursive: true })) {
    const stat = await lstat(`${inbox.spool}/${name}`);
    assert.is(stat.mode & 0o777, stat.isDirectory() ? 0o700 : 0o600, name);
  }
});

test('an origin that failed three times is left alone for a while: what comes is kept without asking', async () => {
  const { url, seen } = await origin((response) => response.writeHead(503).end());
  const inbox = await open(url);
  for (let nth = 0; nth < 6; nth++) {
    const answer = await inbox.post(comment({ comment: `words ${nth}` }), {
      headers: { 'x-forwarded-for': `10.0.0.${nth}` },
    });
    assert.is(answer.status, 202);
  }
  assert.is(seen.length, 3);
  assert.is((await inbox.entries()).length, 6);
});

test('the same form again has the same receipt and one file, also after a restart, and at the same moment', async () => {
  let inbox = await open(NOWHERE);
  const both = await Promise.all([inbox.post(comment()), inbox.post(comment())]);
  inbox = await inbox.restart();
  inboxes.push(inbox);
  const again = await inbox.post(comment({ email: 'other@private.example' }));
  assert.is(new Set([...both, again].map(({ receipt }) => receipt)).size, 1);
  assert.is((await inbox.entries()).length, 1);
  await inbox.post(comment({ comment: 'Another' }));
  assert.is((await inbox.entries()).length, 2);
  inboxes.shift();
});

test('a form that says in its query what it is about is kept, told apart and delivered with it', async () => {
  const forms = [{ use: 'fields' as const, path: '/posting.php', text: 'comment', author: 'author', stored: [302] }];
  const inbox = await open(NOWHERE, { forms });
  const asked = ['/posting.php?t=1', '/posting.php?t=2'];
  const receipts = [];
  for (const path of [...asked, ...asked]) receipts.push((await inbox.post(comment(), { path })).receipt);
  assert.equal(receipts.slice(2), receipts.slice(0, 2), 'the same form again has the same receipt');
  assert.is((await inbox.entries()).length, 2);
  const { url, seen } = await origin((response) => response.writeHead(302, { location: '/topic/' }).end());
  const report = await replayOnce(inbox.root, url, { forms });
  assert.equal([report.delivered, report.waiting], [2, 0]);
  assert.equal(
    seen.map(({ path }) => path).filter((path) => path !== '/'),
    asked,
  );
});

test('the letters of a forum that is not in UTF-8 reach it as they were sent, at once and later', async () => {
  const body = 'comment=Gr%FC%DFe+%2B+%26%E4&author=Zo%EB&a%E9[]=';
  const forms = [{ use: 'fields' as const, path: '/posting.php', text: 'comment', author: 'author', stored: [302] }];
  const bodies: string[] = [];
  const { url } = await serve(async (request, response) => {
    bodies.push(await text(request));
    response.writeHead(302, { location: '/topic/' }).end();
  });
  const options = { path: '/posting.php', body };
  assert.is((await (await open(url, { forms })).post({}, options)).status, 302);
  const inbox = await open(NOWHERE, { forms });
  const kept = await inbox.post({}, options);
  assert.is(kept.status, 202);
  assert.match(kept.body, 'Gr&#252;&#223;e + &amp;&#228;');
  assert.is((await replayOnce(inbox.root, url, { forms })).delivered, 1);
  assert.equal(
    bodies.filter((one) => one !== ''),
    [body, body].map((one) => one.replace('[]', '%5B%5D')),
  );
});

const WORDS = 'Long </textarea><script>alert(1)</script> & "words"\nof mine';
const ESCAPED = '&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;words&quot;';

test('the sixth of one address in ten minutes is refused with its words to copy; others are not', async () => {
  const inbox = await open(NOWHERE);
  const from = (address: string, nth: number) =>
    inbox.post(comment({ comment: `${WORDS} ${nth}` }), { headers: { 'x-forwarded-for': address } });
  for (let nth = 0; nth < 5; nth++) assert.is((await from('203.0.113.7', nth)).status, 202);
  const sixth = await from('203.0.113.7', 5);
  assert.is(sixth.status, 429);
  assert.is(sixth.headers['cache-control'], 'no-store');
  assert.ok(sixth.body.includes(ESCAPED), sixth.body);
  assert.not.match(sixth.body, '<script>alert');
  assert.match(sixth.body, 'many');
  assert.not.match(sixth.body, 'data-for="full');
  assert.is((await from('203.0.113.8', 6)).status, 202);
  assert.is((await inbox.entries()).length, 6);
});

test('a full spool says 503 and that the comment was not kept, with its words; room made by others is seen', async () => {
  const inbox = await open(NOWHERE, { limits: { entries: 2 } });
  const send = (nth: number) => inbox.post(comment({ comment: `${WORDS} ${nth}` }));
  assert.is((await send(1)).status, 202);
  assert.is((await send(2)).status, 202);
  const third = await send(3);
  assert.is(third.status, 503);
  assert.ok(third.body.includes(ESCAPED));
  assert.match(third.headers['retry-after'] ?? '', /^\d+$/);
  assert.is((await inbox.entries()).length, 2);
});

test('where something is wrong here the visitor is told that it was not kept, with the words', async () => {
  const inbox = await open(NOWHERE);
  const words = comment({ comment: WORDS });
  assert.is((await inbox.post(words)).status, 202);
  await rm(join(inbox.spool, 'new'), { recursive: true });
  const again = await inbox.post(words);
  assert.is(again.status, 503);
  assert.ok(again.body.includes(ESCAPED));
  assert.equal(
    inbox.log.map(({ event, why }) => [event, why]),
    [
      ['kept', undefined],
      ['broken', 'ENOENT'],
    ],
  );
});

test('who is logged in, and cannot be tried, is told that it was not kept: nobody could deliver it in their name', async () => {
  const inbox = await open(NOWHERE);
  const { comment: words = '', comment_post_ID = '' } = comment();
  const answer = await inbox.post({ comment: words, comment_post_ID });
  assert.is(answer.status, 503);
  assert.ok(answer.body.includes(words));
  assert.is((await inbox.post(comment({ author: ' ' }))).status, 400);
  assert.equal(await inbox.entries(), []);
});

const REFUSED: readonly [name: string, status: number, options: Parameters<Inbox['post']>[1]][] = [
  ['a form from elsewhere', 403, { headers: { origin: 'https://evil.example' } }],
  ['a form without an address it came from', 403, { headers: { origin: undefined, referer: undefined } }],
  ['a body of JSON', 415, { headers: { 'content-type': 'application/json' }, body: '{}' }],
  ['a body of 17 KB', 413, { body: `comment=${'a'.repeat(17_000)}` }],
  ['a body of 17 KB that is no form', 413, { body: Buffer.alloc(17_000) }],
  ['a control character', 400, { body: 'comment=a%00&author=A&email=b&comment_post_ID=5' }],
  ['another method', 405, { method: 'PUT' }],
  ['another path', 404, { path: '/wp-login.php' }],
  ['our own folder', 404, { path: '/_holdfast/inbox' }],
];

for (const [name, status, options] of REFUSED) {
  test(`${name} is refused with ${status}, reaches nobody and is not kept`, async () => {
    const { url, seen } = await origin((response) => response.end());
    const inbox = await open(url);
    assert.is((await inbox.post(comment(), options)).status, status);
    assert.equal(seen, []);
    assert.equal(await inbox.entries(), []);
  });
}

test('told to end, it answers what is under way and is over at once, though the edge keeps its connection', async () => {
  const { url } = await serve((asked, response) => {
    asked.resume();
    setTimeout(() => response.writeHead(302, { location: '/a/#comment-7' }).end(), 200);
  });
  const inbox = await openInbox(url);
  const agent = new Agent({ keepAlive: true });
  const answered = post(inbox.port, comment(), { agent });
  await wait(50);
  const began = performance.now();
  await inbox.close();
  assert.is((await answered).status, 302);
  assert.ok(performance.now() - began < 5000);
  agent.destroy();
});

test('sealed: no word, name or address of a visitor in any file or log; the private key opens all of it', async () => {
  const identity = await generateX25519Identity();
  const inbox = await open(NOWHERE, { recipient: await identityToRecipient(identity) });
  const canaries = ['canary-words', 'canary-name', 'canary@private.example', '203.0.113.77', 'CanaryBrowser'];
  const fields = comment({ comment: 'canary-words', author: 'canary-name', email: 'canary@private.example' });
  const headers = { 'x-forwarded-for': '203.0.113.77', 'user-agent': 'CanaryBrowser' };
  const { receipt } = await inbox.post(fields, { headers });
  await inbox.post(fields, { headers: { ...headers, origin: 'https://evil.example' } });
  const names = await readdir(inbox.spool, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  const all = await Promise.all(files.map(({ parentPath, name }) => readFile(`${parentPath}/${name}`, 'latin1')));
  const written = [...all, ...files.map(({ name }) => name), JSON.stringify(inbox.log)].join('\n');
  for (const canary of canaries) assert.not.ok(written.includes(canary), canary);
  assert.ok(inbox.log.some((event) => event.receipt === receipt));
  const [file = Buffer.alloc(0)] = await inbox.files();
  const opened = await (await createUnsealer(identity)).open(unwrap(file) ?? Buffer.alloc(0));
  for (const canary of canaries) assert.ok(opened.includes(canary), canary);
});

test('unsealed: still nothing of a visitor in the log', async () => {
  const inbox = await open(NOWHERE);
  await inbox.post(comment({ comment: 'canary', author: 'canary', email: 'canary@x.example' }));
  assert.is(inbox.log.length, 1);
  assert.not.match(JSON.stringify(inbox.log), 'canary');
});

test.run();
