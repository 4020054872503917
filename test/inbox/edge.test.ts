import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { unwrap } from '../../src/inbox/envelope.ts';
import { haproxy } from '../edge/haproxy-driver.ts';
import { type Rig, startRig } from '../edge/rig.ts';
import { closeAll, serve } from '../origin/rig.ts';
import { suite } from '../support/suite.ts';
import { comment, type Inbox, openInbox, SITE } from './rig.ts';

const test = suite('the inbox behind HAProxy', { needs: haproxy.needs });

let edge: Rig;
let inbox: Inbox;
/** What the origin does with a form; undefined where it is away. */
let answer: ((response: ServerResponse) => void) | undefined;
const forms: URLSearchParams[] = [];

test.before(async () => {
  const origin = await serve(async (request, response) => {
    forms.push(new URLSearchParams(await text(request)));
    if (answer === undefined) request.socket.destroy();
    else answer(response);
  });
  inbox = await openInbox(origin.url, { limits: { entries: 2 } });
  edge = await startRig(haproxy, {}, `127.0.0.1:${inbox.port}`);
});

test.after(async () => {
  await edge?.close();
  await inbox?.close();
  await closeAll();
});

const post = (fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) =>
  edge.ask('/wp-comments-post.php', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: SITE, referer: `${SITE}/a/`, ...headers },
    body: new URLSearchParams(fields).toString(),
  });

test('what the origin says comes back to the visitor as it was said, refusals too', async () => {
  answer = (response) =>
    response.writeHead(302, { location: `${SITE}/a/#comment-7`, 'set-cookie': ['a=1', 'b=2'] }).end();
  const taken = await post(comment({ comment: 'é & "ü"' }));
  assert.is(taken.status, 302);
  assert.is(taken.headers.location, `${SITE}/a/#comment-7`);
  assert.equal(taken.headers['set-cookie'], ['a=1', 'b=2']);
  assert.is(forms.at(-1)?.get('comment'), 'é & "ü"');
  answer = (response) => response.writeHead(409).end('Duplicate comment');
  const twice = await post(comment());
  assert.equal([twice.status, twice.body.toString()], [409, 'Duplicate comment']);
  assert.equal(await inbox.entries(), []);
});

test('while it is away the inbox keeps it for the address that HAProxy saw, whatever the visitor says of it', async () => {
  answer = undefined;
  const { status, body } = await post(comment(), { 'x-forwarded-for': '8.8.8.8' });
  assert.is(status, 202);
  assert.match(body.toString(), '&quot;receipt&quot;');
  const [file] = await inbox.files();
  assert.is(JSON.parse(unwrap(file ?? Buffer.alloc(0))?.toString() ?? '{}').address, '127.0.0.1');
});

test('what the inbox itself refuses is not hidden behind a page of the balancer: the words are there to copy', async () => {
  assert.is((await post(comment({ comment: 'Second' }))).status, 202);
  const full = await post(comment({ comment: 'One too many' }));
  assert.is(full.status, 503);
  assert.match(full.body.toString(), /<textarea>\nOne too many</);
  assert.is((await post(comment(), { origin: 'https://evil.example' })).status, 403);
  assert.is((await post(comment({ comment: 'a'.repeat(17_000) }))).status, 413);
});

test('where no inbox answers, HAProxy says that nothing was kept', async () => {
  await inbox.close();
  const { status, body } = await post(comment());
  assert.is(status, 503);
  assert.match(body.toString(), 'holding not-kept');
});

test.run();
