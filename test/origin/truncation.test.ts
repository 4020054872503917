import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type { LookRequest } from '../../src/origin/client.ts';
import { suite } from '../support/suite.ts';
import { clientFor, closeAll, drain, failureOf, look, serveRaw } from './rig.ts';

const test = suite('bodies that are not whole');
test.after.each(closeAll);

/** Does not compress, so that the packed page is as long as the page. */
const PAGE = randomBytes(20_480);
const PACKED = gzipSync(PAGE);
const STEP = 256;

const head = (...lines: string[]) => `${['HTTP/1.1 200 OK', 'Content-Type: text/html', ...lines].join('\r\n')}\r\n\r\n`;

function writeChunked(socket: Socket, body: Buffer): void {
  for (let at = 0; at < body.length; at += 1000) {
    const part = body.subarray(at, at + 1000);
    socket.write(`${part.length.toString(16)}\r\n`);
    socket.write(part);
    socket.write('\r\n');
  }
}

/** Each way to send a body that was cut at `cut`. */
const MANNERS: Readonly<Record<string, (socket: Socket, cut: number) => void>> = {
  'content-length': (socket, cut) => {
    socket.write(head(`Content-Length: ${PAGE.length}`));
    socket.end(PAGE.subarray(0, cut));
  },
  chunked: (socket, cut) => {
    socket.write(head('Transfer-Encoding: chunked'));
    writeChunked(socket, PAGE.subarray(0, cut));
    socket.end();
  },
  'gzip-content-length': (socket, cut) => {
    socket.write(head('Content-Encoding: gzip', `Content-Length: ${cut}`));
    socket.write(PACKED.subarray(0, cut));
  },
  'gzip-chunked': (socket, cut) => {
    socket.write(head('Content-Encoding: gzip', 'Transfer-Encoding: chunked'));
    writeChunked(socket, PACKED.subarray(0, cut));
    socket.write('0\r\n\r\n');
  },
};

const serveCut = () =>
  serveRaw((socket, { path }) => {
    const [, manner = '', cut = ''] = path.split('/');
    MANNERS[manner]?.(socket, Number(cut));
  });

/** A new client for each, as five failures in a row would end one. */
async function outcomes(over: Partial<LookRequest>): Promise<Map<string, string>> {
  const { url } = await serveCut();
  const found = new Map<string, string>();
  for (const manner of Object.keys(MANNERS)) {
    for (let cut = 0; cut < PAGE.length; cut += STEP) {
      const address = `/${manner}/${cut}`;
      const origin = clientFor(url);
      found.set(address, await failureOf(look(origin, address, over)));
      await origin.close();
    }
  }
  return found;
}

for (const [reader, over] of [
  ['in memory', {}],
  ['streamed', { sink: drain }],
] as const) {
  test(`a 20 KB page cut every 256 bytes is refused each time, ${reader}`, async () => {
    const found = await outcomes(over);
    assert.is(found.size, 320);
    assert.equal(
      [...found].filter(([, code]) => code !== 'origin-cut'),
      [],
    );
  });
}

test('the same pages uncut are taken, in every manner and both ways', async () => {
  const server = await serveRaw((socket, { path }) => {
    const manner = path.slice(1);
    if (manner === 'chunked') {
      socket.write(head('Transfer-Encoding: chunked'));
      writeChunked(socket, PAGE);
      socket.write('0\r\n\r\n');
    } else MANNERS[manner]?.(socket, manner.startsWith('gzip') ? PACKED.length : PAGE.length);
  });
  const origin = clientFor(server.url);
  for (const manner of Object.keys(MANNERS)) {
    const inMemory = await look(origin, `/${manner}`);
    assert.ok(inMemory.kind === 'body' && inMemory.bytes.equals(PAGE), manner);
    const streamed = await look(origin, `/${manner}`, { sink: drain });
    assert.ok(streamed.kind === 'body' && streamed.stored?.size === PAGE.length, `${manner} streamed`);
  }
});

const text = '<html>whole</html>';
const packed = gzipSync(text);
const length = (body: Buffer | string) => `Content-Length: ${Buffer.byteLength(body)}`;
const withTail = (tail: Buffer) => Buffer.concat([packed, tail]);

const ODD: readonly (readonly [string, readonly (string | Buffer)[], string])[] = [
  ['more bytes than announced', [head('Content-Length: 5'), text], 'origin-cut'],
  ['more bytes than announced, then closed', [head('Content-Length: 5', 'Connection: close'), text], 'origin-cut'],
  [
    'text after the gzip body',
    [head('Content-Encoding: gzip', length(withTail(Buffer.from('x')))), withTail(Buffer.from('x'))],
    'origin-cut',
  ],
  [
    'zeros after the gzip body',
    [head('Content-Encoding: gzip', length(withTail(Buffer.alloc(9)))), withTail(Buffer.alloc(9))],
    'origin-cut',
  ],
  [
    'a second gzip member that is cut',
    [head('Content-Encoding: gzip', length(withTail(packed.subarray(0, 12)))), withTail(packed.subarray(0, 12))],
    'origin-cut',
  ],
  [
    'two whole gzip members',
    [head('Content-Encoding: gzip', length(withTail(packed))), withTail(packed)],
    'no failure',
  ],
  ['a gzip header over plain text', [head('Content-Encoding: gzip', length(text)), text], 'origin-cut'],
  ['nothing at all as gzip', [head('Content-Encoding: gzip', 'Content-Length: 0')], 'origin-cut'],
  ['an empty body', [head('Content-Length: 0')], 'no failure'],
  ['a length that is no number', [head('Content-Length: many'), text], 'origin-cut'],
  ['two lengths', [head('Content-Length: 5', length(text)), text], 'origin-cut'],
  ['a length and chunks', [head(length(text), 'Transfer-Encoding: chunked'), '0\r\n\r\n'], 'origin-cut'],
  ['a chunk size that is no number', [head('Transfer-Encoding: chunked'), 'zz\r\nhello\r\n0\r\n\r\n'], 'origin-cut'],
  ['something that is not HTTP', ['SSH-2.0-OpenSSH_9.2\r\n\r\n'], 'origin-cut'],
  ['chunks with a trailer', [head('Transfer-Encoding: chunked'), '2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n'], 'no failure'],
];

for (const [name, parts, expected] of ODD) {
  for (const sink of [undefined, drain]) {
    test(`${name}: ${expected}${sink === undefined ? '' : ', streamed'}`, async () => {
      const server = await serveRaw((socket) => {
        for (const part of parts) socket.write(part);
      });
      const origin = clientFor(server.url);
      assert.is(await failureOf(look(origin, '/', sink === undefined ? {} : { sink })), expected);
    });
  }
}

test('a chunked end that trickles in byte by byte before the close is still an end', async () => {
  const server = await serveRaw(async (socket) => {
    socket.setNoDelay(true);
    for (const byte of `${head('Transfer-Encoding: chunked', 'Connection: close')}2\r\nhi\r\n0\r\n\r\n`) {
      await new Promise<void>((resolve) => socket.write(byte, () => setImmediate(resolve)));
    }
    socket.end();
  });
  const answer = await look(clientFor(server.url), '/');
  assert.is(answer.kind === 'body' && answer.bytes.toString(), 'hi');
});

test('bytes left over after one page do not spoil the next', async () => {
  const server = await serveRaw((socket, { path, nth }) => {
    if (path === '/long' && nth === 1) {
      socket.write(`${head('Content-Length: 5')}hello`);
      setTimeout(() => socket.write(`${head('Content-Length: 6')}poison`), 30);
    } else socket.write(`${head('Content-Length: 4')}good`);
  });
  const origin = clientFor(server.url);
  await look(origin, '/long');
  await new Promise((resolve) => setTimeout(resolve, 90));
  const answer = await look(origin, '/next');
  assert.is(answer.kind === 'body' && answer.bytes.toString(), 'good');
});

test('a body that ends with its connection is taken, as nothing says how long it should be', async () => {
  const server = await serveRaw((socket) => {
    socket.end(`${head()}old server`);
  });
  const answer = await look(clientFor(server.url), '/');
  assert.is(answer.kind === 'body' && answer.bytes.toString(), 'old server');
});

test.run();
