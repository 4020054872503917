import * as assert from 'uvu/assert';
import { caddyFormat } from '../../src/report/formats/caddy.ts';
import { cloudfrontFormat } from '../../src/report/formats/cloudfront.ts';
import { combinedFormat } from '../../src/report/formats/combined.ts';
import { detectingReader } from '../../src/report/formats/detect.ts';
import { jsonFormat } from '../../src/report/formats/json.ts';
import type { LoggedRequest } from '../../src/report/request.ts';
import { suite } from '../support/suite.ts';

const test = suite('lines of access logs');
const AT = Date.UTC(2026, 10, 21, 13, 55, 36);
const TIME = '[21/Nov/2026:13:55:36 +0000]';
const PLAIN: LoggedRequest = {
  at: AT,
  address: '192.0.2.7',
  method: 'GET',
  path: '/a/',
  query: '',
  status: 200,
  bytes: 512,
  referrer: '',
  kind: '',
};

const combined: [name: string, line: string, differs: Partial<LoggedRequest>][] = [
  ['a plain line', `192.0.2.7 - - ${TIME} "GET /a/ HTTP/1.1" 200 512 "-" "curl/8"`, {}],
  ['the common format', `192.0.2.7 - - ${TIME} "GET /a/ HTTP/1.1" 200 512`, {}],
  ['fields after the agent', `192.0.2.7 - - ${TIME} "GET /a/ HTTP/1.1" 200 512 "-" "curl/8" 0.004 "x"`, {}],
  ['IPv6', `2001:db8::1 - - ${TIME} "GET /a/ HTTP/1.1" 200 512 "-" "-"`, { address: '2001:db8::1' }],
  ['another zone', `192.0.2.7 - - [21/Nov/2026:06:25:36 -0730] "GET /a/ HTTP/1.1" 200 512 "-" "-"`, {}],
  ['a query', `192.0.2.7 - - ${TIME} "GET /a/?b?c=1 HTTP/1.1" 200 512 "-" "-"`, { query: 'b?c=1' }],
  ['a whole URL', `192.0.2.7 - - ${TIME} "GET http://www.example.org/a/ HTTP/1.1" 200 512 "-" "-"`, {}],
  ['no bytes', `192.0.2.7 - - ${TIME} "HEAD /a/ HTTP/1.1" 304 - "-" "-"`, { method: 'HEAD', status: 304, bytes: 0 }],
  [
    'a referrer with quotes, as nginx and as Apache write them',
    `192.0.2.7 - - ${TIME} "GET /a/ HTTP/1.1" 200 512 "http://e.org/\\x22\\" \\\\" "a \\" b"`,
    { referrer: 'http://e.org/"" \\' },
  ],
  ['bytes beyond ASCII', `192.0.2.7 - - ${TIME} "GET /caf\\xC3\\xA9 HTTP/1.1" 200 512 "-" "-"`, { path: '/café' }],
  [
    'a user who is called like the end of a line',
    `192.0.2.7 - a [b] \\x22 [x ${TIME} "GET /a/ HTTP/1.1" 200 512 "-" "-"`,
    {},
  ],
  ['a target with spaces', `192.0.2.7 - - ${TIME} "GET /a b HTTP/1.1" 400 512 "-" "-"`, { path: '/a b', status: 400 }],
  [
    'a handshake on a plain port',
    `192.0.2.7 - - ${TIME} "\\x16\\x03\\x01 \\x00" 400 512 "-" "-"`,
    { method: '', path: '', status: 400 },
  ],
  ['no request at all', `192.0.2.7 - - ${TIME} "-" 408 512 "-" "-"`, { method: '', path: '', status: 408 }],
  ['a referrer that was cut', `192.0.2.7 - - ${TIME} "GET /a/ HTTP/1.1" 200 512 "http://e.org/`, {}],
];
for (const [name, line, differs] of combined)
  test(`combined: ${name}`, () => assert.equal(combinedFormat.reader()(line), { ...PLAIN, ...differs }));

const badCombined = [
  'words',
  `192.0.2.7 - - ${TIME} "GET /a/ HTTP/1.1`,
  `192.0.2.7 - - ${TIME} "GET /a/ HTTP/1.1" ok 512`,
  `192.0.2.7 - - [21/Nov/2026 13:55:36 +0000 ] "GET /a/ HTTP/1.1" 200 512`,
  `192.0.2.7 - - [21/Foo/2026:13:55:36 +0000] "GET /a/ HTTP/1.1" 200 512`,
  `192.0.2.7 - - [21/anF/2026:13:55:36 +0000] "GET /a/ HTTP/1.1" 200 512`,
  `192.0.2.7 - - [99/Nov/2026:13:55:36 +0000] "GET /a/ HTTP/1.1" 200 512`,
];
for (const line of badCombined)
  test(`combined: not ${line}`, () => assert.is(combinedFormat.reader()(line), undefined));

const JSON_LINE = {
  time: '2026-11-21T13:55:36+00:00',
  remote_addr: '192.0.2.7',
  method: 'GET',
  uri: '/a/',
  status: '200',
  bytes: 512,
  referer: '',
};
const json: [name: string, fields: Record<string, unknown>, differs: Partial<LoggedRequest>][] = [
  ['a plain line', {}, {}],
  ['a kind', { kind: 'holding:busy', status: 503 }, { kind: 'holding:busy', status: 503 }],
  ['IPv6', { remote_addr: '2001:db8::1' }, { address: '2001:db8::1' }],
  ['quotes and more', { referer: 'http://e.org/"\\é\u0001' }, { referrer: 'http://e.org/"\\é\u0001' }],
  ['what is no request', { uri: '', method: '', status: '400' }, { path: '', method: '', status: 400 }],
  ['fields of odd types', { referer: 7, kind: null, remote_addr: [], bytes: 'x' }, { address: '', bytes: 0 }],
];
for (const [name, fields, differs] of json)
  test(`JSON: ${name}`, () =>
    assert.equal(jsonFormat.reader()(JSON.stringify({ ...JSON_LINE, ...fields })), { ...PLAIN, ...differs }));

for (const line of [
  '{',
  '{}',
  '[]',
  'null',
  JSON.stringify({ ...JSON_LINE, time: 'soon' }),
  JSON.stringify({ ...JSON_LINE, status: 'ok' }),
  JSON.stringify({ ...JSON_LINE, uri: 7 }),
])
  test(`JSON: not ${line}`, () => assert.is(jsonFormat.reader()(line), undefined));

const FIELDS =
  '#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query';
const cloudfrontLine = (stem = '/a/', status = '200', referrer = '-', query = '-'): string =>
  [
    '2026-11-21',
    '13:55:36',
    'FRA2',
    '512',
    '192.0.2.7',
    'GET',
    'd1.example.net',
    stem,
    status,
    referrer,
    'curl',
    query,
  ].join('\t');
function readCloudfront(line: string, fields = FIELDS): unknown {
  const read = cloudfrontFormat.reader();
  assert.is(read(line), undefined, 'nothing is read before the fields are named');
  assert.is(read('#Version: 1.0'), 'remark');
  assert.is(read(fields), 'remark');
  return read(line);
}
const cloudfront: [name: string, line: string, differs: Partial<LoggedRequest>][] = [
  ['a plain line', cloudfrontLine(), {}],
  ['what was encoded twice', cloudfrontLine('/caf%25C3%25A9%2520b/'), { path: '/caf%C3%A9%20b/' }],
  ['what was encoded once', cloudfrontLine('/caf%C3%A9/100%25/'), { path: '/caf%C3%A9/100%25/' }],
  [
    'a pixel',
    cloudfrontLine('/_holdfast/pixel.gif', '200', 'https://e.org/a%2520b', 'kind=page&path=%252Fa%252F'),
    { path: '/_holdfast/pixel.gif', referrer: 'https://e.org/a%20b', query: 'kind=page&path=%2Fa%2F' },
  ],
];
for (const [name, line, differs] of cloudfront)
  test(`CloudFront: ${name}`, () => assert.equal(readCloudfront(line), { ...PLAIN, ...differs }));

test('CloudFront: fields in another order are found by their names', () => {
  const fields = '#Fields: c-ip sc-status cs-uri-stem cs-method date time sc-bytes';
  const line = '192.0.2.7\t200\t/a/\tGET\t2026-11-21\t13:55:36\t512';
  assert.equal(readCloudfront(line, fields), PLAIN);
});
for (const line of [
  cloudfrontLine('/a/', 'ok'),
  cloudfrontLine('/a/', '-'),
  'a\tb',
  cloudfrontLine().replace('2026-11', '2026-13'),
])
  test(`CloudFront: not ${line}`, () => assert.is(readCloudfront(line), undefined));

test('the format is that of the first line that can be read', () => {
  const lines: Record<string, string[]> = {
    combined: ['words', combined[0]?.[1] ?? ''],
    'nginx JSON': ['', JSON.stringify(JSON_LINE)],
    CloudFront: ['#Version: 1.0', FIELDS, cloudfrontLine()],
  };
  for (const [format, log] of Object.entries(lines)) {
    const read = detectingReader();
    assert.equal(log.map(read).at(-1), PLAIN);
    assert.is(read.format(), format);
  }
});

test('huge and hostile lines are read or refused at once', () => {
  const long = 'a'.repeat(200_000);
  const started = performance.now();
  const request = combinedFormat.reader()(`192.0.2.7 - - ${TIME} "GET /${long} HTTP/1.1" 414 0 "-" "-"`);
  assert.is(typeof request === 'object' && request.path.length, 200_001);
  for (const part of [' [', '\\', '"', ' "', `${TIME} "`, '{"', '%25', '\\x22'])
    detectingReader()(`192.0.2.7 - - ${TIME} "${part.repeat(Math.floor(200_000 / part.length))}`);
  assert.ok(performance.now() - started < 2000, 'no more than linear time');
});

const caddy = (changes: object = {}, asked: object = {}) => {
  const request = { remote_ip: '192.0.2.7', client_ip: '192.0.2.7', method: 'GET', uri: '/a/', headers: {}, ...asked };
  return JSON.stringify({
    level: 'info',
    ts: AT / 1000,
    msg: 'handled request',
    request,
    size: 512,
    status: 200,
    ...changes,
  });
};
const read = caddyFormat.reader();

test('Caddy: a line tells address, target and referrer', () => {
  assert.equal(read(caddy()), PLAIN);
  const asked = { client_ip: '2001:db8::1', uri: '/b/?c=1', headers: { Referer: ['https://e.org/'] } };
  assert.equal(read(caddy({ status: 404, size: 0 }, asked)), {
    ...PLAIN,
    address: '2001:db8::1',
    path: '/b/',
    query: 'c=1',
    referrer: 'https://e.org/',
    status: 404,
    bytes: 0,
  });
});

test('Caddy: what it says of itself is a remark, other lines are none of its', () => {
  assert.is(read('{"level":"info","ts":1.5,"msg":"serving initial configuration"}'), 'remark');
  for (const line of ['words', '{', 'null', '{}', '{"ts":"x","request":null}']) assert.is(read(line), undefined, line);
});

test('Caddy: a time that no calendar has is no time', () => {
  assert.is(read(caddy({ ts: 1e300, msg: undefined })), undefined);
});

test('Caddy: the reader finds out that it is', () => {
  const reader = detectingReader();
  assert.equal(reader(caddy()), PLAIN);
  assert.is(reader.format(), 'Caddy JSON');
});

test.run();
