import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { runProgram } from '../../src/cli/program.ts';
import { HoldfastError } from '../../src/model/errors.ts';
import { builtPath } from '../support/built.ts';
import { suite } from '../support/suite.ts';

const test = suite('holdfast report');
let folder = '';

const lineOf = (path: string, { ip = '192.0.2.7', status = 200, minute = 55, from = '-' } = {}): string =>
  `${ip} - - [21/Nov/2026:13:${minute}:36 +0000] "GET ${path} HTTP/1.1" ${status} 512 "${from}" "curl/8"\n`;

const LOG = [
  lineOf('/'),
  lineOf('/', { ip: '2001:db8::1', minute: 56 }),
  lineOf('/', { status: 503, minute: 57 }),
  lineOf('/style.css'),
  lineOf('/_holdfast/pixel.gif?kind=holding&path=%2F&name=busy', { minute: 57 }),
  lineOf('/<script>alert(1)</script>', { status: 404, from: 'https://e.org/<b>' }),
  lineOf('/x\\x1B[2J', { status: 404 }),
].join('');

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-report-'));
  await writeFile(join(folder, 'a.log'), LOG);
  await writeFile(join(folder, 'a.log.1'), gzipSync(LOG));
});

test.after(() => rm(folder, { recursive: true }));

interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function report(
  args: readonly string[],
  input: Readable = Readable.from([]),
  signal: AbortSignal = new AbortController().signal,
): Promise<Ran> {
  let [stdout, stderr] = ['', ''];
  const exit = await runProgram(['report', ...args], {
    cwd: folder,
    env: {},
    signal,
    input: () => input,
    out: (said) => {
      stdout += said;
    },
    err: (said) => {
      stderr += said;
    },
  });
  return { exit, stdout, stderr };
}

test('a table for people: what was asked for, by kind, and the most asked for', async () => {
  const { exit, stdout, stderr } = await report(['a.log']);
  assert.equal([exit, stderr], [0, '']);
  const words = stdout.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' '));
  for (const line of [
    'requests addresses',
    'page requests 5 2',
    'static 2 2',
    'holding (5xx, not named) 1 1',
    '404 2 1',
    'asset 1 1',
    'pixel holding busy 1 1',
    'most page requests in a minute: 3, at 2026-11-21 13:55 UTC',
    '3 /',
    'linked from https://e.org/<b> (1)',
  ])
    assert.ok(words.includes(line), `${line} in\n${stdout}`);
  assert.not.match(stdout, '\x1b');
});

test('a log, a packed log and standard input add up, and --json prints one object', async () => {
  const input = createReadStream(join(folder, 'a.log.1'));
  const { exit, stdout } = await report(['a.log', 'a.log.1', '-', '--json'], input);
  assert.is(exit, 0);
  const found = JSON.parse(stdout);
  assert.equal([found.requests, found.pages], [21, { requests: 15, addresses: 2, isExact: true }]);
  assert.equal(
    found.logs.map((log: { name: string; read: number }) => [log.name, log.read]),
    [
      ['a.log', 7],
      ['a.log.1', 7],
      ['standard input', 7],
    ],
  );
  assert.equal(found.steps[1], { at: Date.UTC(2026, 10, 21, 13, 56), requests: { static: 3 } });
});

test('--since and --until bound what is counted, UTC unless they say otherwise', async () => {
  const spans = [
    ['2026-11-21T13:57', '2026-11-22'],
    ['2026-11-21T14:57+01:00', '2026-11-21 13:58'],
  ] as const;
  for (const [since, until] of spans) {
    const { stdout } = await report(['a.log', '--json', '--since', since, '--until', until]);
    assert.is(JSON.parse(stdout).requests, 2);
  }
  const { exit, stderr } = await report(['a.log', '--since', 'yesterday']);
  assert.is(exit, 2);
  assert.match(stderr, '--since yesterday is not a time');
});

test('lines that are not readable are told and are not fatal', async () => {
  await writeFile(join(folder, 'bad.log'), `words\n${LOG}more words\n`);
  const { exit, stderr } = await report(['bad.log']);
  assert.equal([exit, stderr], [0, 'bad.log: 2 of 9 lines could not be read as combined; they are not counted\n']);
});

test('a file that is not there, or has no request in it, exits 2 and says what can be read', async () => {
  assert.match((await report(['.'])).stderr, '. cannot be read');
  const none = await report(['a.log', 'none.log']);
  assert.equal([none.exit, none.stdout], [2, '']);
  assert.match(none.stderr, 'none.log cannot be read');
  await writeFile(join(folder, 'words.txt'), 'words\n');
  const words = await report(['words.txt']);
  assert.is(words.exit, 2);
  assert.match(words.stderr, /no request was found in words.txt[\s\S]*combined/);
});

test('stopped while it waits for more, it ends at once and lets go of its input', async () => {
  for (const begun of [Buffer.alloc(0), Buffer.from(LOG), gzipSync(LOG).subarray(0, 40)]) {
    const input = new PassThrough();
    input.write(begun);
    const stopping = new AbortController();
    const ended = report(['-'], input, stopping.signal);
    setTimeout(() => stopping.abort(new HoldfastError('interrupted', 'stopped by SIGTERM')), 30);
    const { exit, stdout, stderr } = await ended;
    assert.equal([exit, stdout, input.destroyed], [1, '', true]);
    assert.match(stderr, 'stopped by SIGTERM');
  }
});

test('the page needs nothing but itself, and has nothing of the log in it unescaped', async () => {
  const { exit } = await report(['a.log', '--html', 'page.html']);
  assert.is(exit, 0);
  const html = await readFile(join(folder, 'page.html'), 'utf8');
  assert.match(html, '<b>5</b> page requests from <b>2</b> addresses');
  assert.match(html, '&lt;script&gt;alert(1)&lt;/script&gt;');
  assert.not.match(html, /<script|<b>\s*<|\ssrc=|\shref=|url\(|192\.0\.2|2001:db8|NaN|Infinity|undefined/);
  assert.is([...html.matchAll(/<svg /g)].length, 2);
  assert.is([...html.matchAll(/<path class="k-holding"/g)].length, 1);
});

/** The program as a process, `bytes` on its standard input. */
async function piped(bytes: Buffer): Promise<[exit: number, stdout: string]> {
  const child: ChildProcess = spawn(process.execPath, [builtPath('cli/main'), 'report', '-', '--json'], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin?.end(bytes);
  const said = child.stdout === null ? '' : text(child.stdout);
  const [exit] = await once(child, 'close');
  return [exit, await said];
}

test('a process reads its standard input, plain and packed', async () => {
  for (const bytes of [Buffer.from(LOG), gzipSync(LOG)]) {
    const [exit, stdout] = await piped(bytes);
    assert.equal([exit, JSON.parse(stdout).requests], [0, 7]);
  }
});

test.run();
