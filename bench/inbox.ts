import { spawn } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { accepts } from '../test/support/programs.ts';
import { freePort, inFolder, MAIN, row } from './support.ts';

/**
 * `holdfast inbox` while its origin is away, under 50 submissions a second of 500 clients for two minutes, each on a connection of its
 * own, as a balancer holds it; sealed. Once an origin that refuses connections, and once one that takes them and says nothing. All that was acknowledged
 * is counted in the spool. `BENCH_SECONDS` shortens it.
 */
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 120);
const PER_SECOND = 50;
const CLIENTS = 500;

interface Sent {
  readonly status: number;
  readonly ms: number;
  readonly receipt: string | undefined;
}

function send(port: number, agent: Agent, nth: number): Promise<Sent> {
  const body = new URLSearchParams({
    comment: `A comment of the bench, number ${nth}: the tide turns twice a day, and the pools are never the same after it.`,
    author: 'Reader',
    email: `reader-${nth}@private.example`,
    comment_post_ID: '5',
    comment_parent: '0',
  }).toString();
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
    origin: 'https://www.example.org',
    referer: 'https://www.example.org/post/',
    // Five in ten minutes may come from one address.
    'x-forwarded-for': `10.${nth >> 16}.${(nth >> 8) & 255}.${nth & 255}`,
  };
  const began = performance.now();
  return new Promise((resolve) => {
    const done = (status: number, text = '') =>
      resolve({
        status,
        ms: performance.now() - began,
        receipt: /&quot;receipt&quot;:&quot;([0-9a-f]{32})/.exec(text)?.[1],
      });
    const options = { host: '127.0.0.1', port, method: 'POST', path: '/wp-comments-post.php', headers, agent };
    const asking = request(options, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.once('error', () => done(599));
      answer.once('end', () => done(answer.statusCode ?? 0, text));
    });
    asking.once('error', () => done(599)).end(body);
  });
}

/** Every client sends one each ten seconds, at its own moment. */
async function load(port: number): Promise<readonly Sent[]> {
  const every = (CLIENTS / PER_SECOND) * 1000;
  const began = performance.now();
  const client = async (index: number): Promise<readonly Sent[]> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sent: Sent[] = [];
    for (let turn = 0; turn * every < SECONDS * 1000; turn++) {
      const at = turn * every + (index / CLIENTS) * every;
      if (at >= SECONDS * 1000) break;
      await wait(Math.max(0, began + at - performance.now()));
      sent.push(await send(port, agent, turn * CLIENTS + index));
    }
    agent.destroy();
    return sent;
  };
  return (await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)))).flat();
}

async function measureAway(dir: string, origin: string, name: string): Promise<void> {
  await mkdir(dir);
  const port = await freePort();
  const config = {
    site: { name: 'Bench', url: 'https://www.example.org' },
    origin: { url: origin },
    lanes: [{ name: 'hot', paths: ['/'], every: '1m' }],
    destinations: [{ use: 'mirror', dir: 'mirror' }],
    inbox: { listen: `127.0.0.1:${port}`, recipient: await identityToRecipient(await generateX25519Identity()) },
  };
  await writeFile(join(dir, 'holdfast.config.json'), JSON.stringify(config));
  const child = spawn(process.execPath, [MAIN, 'inbox'], { cwd: dir, stdio: 'ignore' });
  try {
    while (!(await accepts(port))) await wait(50);
    const sent = await load(port);
    const kept = new Set(
      (await readdir(join(dir, '.holdfast/production/inbox/new'))).map((file) => file.split('.')[1]),
    );
    const promised = sent.flatMap(({ status, receipt }) => (status === 202 && receipt !== undefined ? [receipt] : []));
    const lost = promised.filter((receipt) => !kept.has(receipt)).length;
    const times = sent.map(({ ms }) => ms).sort((a, b) => a - b);
    const at = (part: number) => `${(times[Math.floor(times.length * part)] ?? Number.NaN).toFixed(1)} ms`;
    const other = sent.filter(({ status }) => status !== 202).map(({ status }) => status);
    row(
      `${name}: ${sent.length} submissions of ${CLIENTS} clients in ${SECONDS} s`,
      `median ${at(0.5)}, p99 ${at(0.99)}, slowest ${at(0.99999)}`,
      'p99 ≤ 250 ms',
    );
    row(
      `${name}: acknowledged, in the spool, lost`,
      `${promised.length}, ${kept.size}, ${lost}; other answers: ${other.length}${other.length === 0 ? '' : ` (${[...new Set(other)].join()})`}`,
      'none lost',
    );
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
}

await inFolder(async (dir) => {
  console.log('\n| what | measured | asked for |\n|---|---|---|');
  await measureAway(join(dir, 'refused'), 'http://127.0.0.1:9', 'an origin that refuses');
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  await measureAway(join(dir, 'silent'), url, 'an origin that says nothing');
  silent.close();
  process.exit();
});
