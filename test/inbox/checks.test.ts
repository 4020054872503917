import * as assert from 'uvu/assert';
import { configSchema } from '../../src/config/schema.ts';
import { isFromSite, refusalOf } from '../../src/inbox/checks.ts';
import { entryOf, nameOf } from '../../src/inbox/entry.ts';
import { TRAILER_BYTES, unwrap, wrap } from '../../src/inbox/envelope.ts';
import { readForm } from '../../src/inbox/fields.ts';
import { commentPlace, createForms } from '../../src/inbox/forms.ts';
import { createRates } from '../../src/inbox/rates.ts';
import { createTrust, senderOf } from '../../src/inbox/visitor.ts';
import { suite } from '../support/suite.ts';

const test = suite('what the inbox checks');

const HOSTS = new Set(['www.example.org', 'example.org']);

const provenances: readonly [origin: string | undefined, referer: string | undefined, isOurs: boolean][] = [
  ['https://www.example.org', undefined, true],
  ['http://example.org', 'https://evil.example/', true],
  [undefined, 'https://www.example.org/announcement/', true],
  ['null', 'https://www.example.org/announcement/', true],
  ['https://evil.example', 'https://www.example.org/', false],
  ['https://www.example.org.evil.example', undefined, false],
  ['https://www.example.org:8443', undefined, false],
  [undefined, undefined, false],
  ['null', undefined, false],
  ['', 'https://www.example.org/', false],
  ['file://www.example.org', undefined, false],
  [undefined, 'not an address', false],
];

for (const [origin, referer, isOurs] of provenances) {
  test(`a form with Origin ${origin} and Referer ${referer} ${isOurs ? 'is ours' : 'is not ours'}`, () =>
    assert.is(isFromSite({ origin, referer }, HOSTS), isOurs));
}

const INBOX = configSchema.shape.inbox.parse({ honeypot: 'website', minimumFill: '3s' });
const [wordpress] = createForms({ forms: INBOX?.forms ?? [] });

const bodies: readonly [name: string, body: string, refusal: string | undefined][] = [
  ['a plain form', 'comment=Hello&author=Ann&comment_post_ID=5', undefined],
  ['line ends and tabs in the text', 'comment=one%0D%0Atwo%09three&author=Ann', undefined],
  ['an emoji', 'comment=%F0%9F%90%9A', undefined],
  ['NUL in the text', 'comment=a%00b', 'control'],
  ['an escape character', 'comment=%1B%5B2J', 'control'],
  ['a line end in the name', 'comment=a&author=Ann%0ABcc%3A+all', 'control'],
  ['a line end in the address', 'comment=a&email=a%0D%0Ab', 'control'],
  ['a line end in a field name', 'comment=a&x%0Ay=1', 'control'],
  ['a control character in a field nobody knows', 'comment=a&x=%07', 'control'],
  ['a filled honeypot', 'comment=a&website=http%3A%2F%2Fpills', 'honeypot'],
  ['an empty honeypot', 'comment=a&website=', undefined],
  ['a form filled within a second', 'comment=a&holdfast-filled=900', 'too-quick'],
  ['one that took five', 'comment=a&holdfast-filled=5000', undefined],
  ['a time that is none', 'comment=a&holdfast-filled=-1', undefined],
];

for (const [name, body, refusal] of bodies) {
  test(`${name} is ${refusal === undefined ? 'taken' : `refused as ${refusal}`}`, async () => {
    const form = await readForm(Buffer.from(body), 'application/x-www-form-urlencoded; charset=UTF-8');
    assert.is(wordpress && INBOX && refusalOf(form, wordpress.read, INBOX), refusal);
  });
}

const multipart = (parts: readonly string[]): Buffer =>
  Buffer.from(`${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`);

test('a multipart form without files is the same as any other, and one with a file is none', async () => {
  const type = 'multipart/form-data; boundary=b';
  const plain = await readForm(multipart(['Content-Disposition: form-data; name="comment"\r\n\r\nHé & llo']), type);
  assert.equal(plain, { fields: [['comment', 'Hé & llo']], letters: 'utf-8' });
  const file = 'Content-Disposition: form-data; name="f"; filename="x"\r\nContent-Type: text/plain\r\n\r\nx';
  assert.equal(await readForm(multipart([file]), type), { unreadable: 'file' });
  assert.equal(await readForm(Buffer.from('--b\r\nnonsense'), type), { unreadable: 'body' });
  assert.equal(await readForm(Buffer.from('{}'), 'application/json'), { unreadable: 'type' });
  assert.equal(await readForm(Buffer.from('a=1'), ''), { unreadable: 'type' });
});

const addresses: readonly [peer: string, forwarded: string | undefined, address: string][] = [
  ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['127.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['::ffff:127.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
  ['127.0.0.1', '6.6.6.6, 198.51.100.1', '198.51.100.1'],
  ['127.0.0.1', '198.51.100.1, 10.1.2.3', '198.51.100.1'],
  ['127.0.0.1', '[2001:db8::7]:443', '2001:db8::7'],
  ['127.0.0.1', 'unknown', '127.0.0.1'],
  ['127.0.0.1', undefined, '127.0.0.1'],
];

for (const [peer, forwarded, address] of addresses) {
  test(`behind ${peer} that says ${forwarded}, the visitor is at ${address}`, () =>
    assert.is(createTrust(['127.0.0.1', '::1', '10.0.0.0/8']).addressOf(peer, forwarded), address));
}

test('one sender is an IPv4 address, or a /64', () => {
  assert.is(senderOf('198.51.100.1'), '198.51.100.1');
  assert.is(senderOf('2001:db8:1:2:3:4:5:6'), senderOf('2001:0db8:1:2::9'));
  assert.is.not(senderOf('2001:db8:1:2::9'), senderOf('2001:db8:1:3::9'));
  assert.is(senderOf('::1'), '0:0:0:0');
});

test('rates: five of one sender in ten minutes, fifty a second in all, and each counts against itself only', () => {
  let now = 0;
  const limits = { perAddress: 5, window: 600_000, perSecond: 50 };
  const rates = createRates(limits, { monotonic: () => now }, Buffer.alloc(32));
  for (let nth = 0; nth < 5; nth++) assert.is(rates.count('a'), undefined);
  assert.is(rates.count('a'), 'too-many');
  assert.is(rates.count('b'), undefined);
  now = 599_999;
  assert.is(rates.count('a'), 'too-many');
  now = 600_000;
  assert.is(rates.count('a'), undefined);
  now = 601_000;
  const counted = Array.from({ length: 60 }, (_, nth) => rates.count(`c${nth}`));
  assert.is(counted.filter((refusal) => refusal === 'busy').length, 10);
  now = 601_020;
  assert.is(rates.count('c59'), undefined, 'one more after a fiftieth of a second');
});

test('an entry stands in its name, and no other file is one', () => {
  const entry = { at: 1764279251000, receipt: 'a'.repeat(32), key: 'b'.repeat(32), tries: 3, due: 1764279999000 };
  for (const sure of [true, false]) assert.equal(entryOf(nameOf({ ...entry, sure })), { ...entry, sure });
  for (const name of ['key.json', `${nameOf({ ...entry, sure: true })}.why`, 'x', ''])
    assert.is(entryOf(name), undefined);
});

test('a file that was cut, grown or changed at any byte is no submission', () => {
  const whole = wrap(Buffer.from('what was said'));
  assert.equal(unwrap(whole)?.toString(), 'what was said');
  assert.equal(whole.subarray(0, -TRAILER_BYTES).toString(), 'what was said', 'head -c -77 gives it back');
  for (let length = 0; length < whole.length; length++) assert.is(unwrap(whole.subarray(0, length)), undefined);
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.is(unwrap(changed), undefined, `byte ${at}`);
  }
  assert.is(unwrap(Buffer.concat([whole, Buffer.from('x')])), undefined);
});

const places: readonly [location: string, id: number | undefined][] = [
  ['https://www.example.org/a/#comment-12', 12],
  ['https://www.example.org/a/?unapproved=12&moderation-hash=x#comment-12', 12],
  ['/a/comment-page-2/#comment-7', 7],
  ['https://evil.example/#comment-12', undefined],
  ['//evil.example/#comment-12', undefined],
  ['https://www.example.org/wp-login.php', undefined],
  ['', undefined],
];

for (const [location, id] of places) {
  test(`a Location of ${location || 'nothing'} says ${id === undefined ? 'nothing of a comment' : `comment ${id}`}`, () =>
    assert.is(commentPlace(location, 'https://www.example.org/', HOSTS), id));
}

test.run();
