// takes: 16 s
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type { BlobRef } from '../../src/model/capture.ts';
import type { Manifest, ReleaseFile } from '../../src/model/manifest.ts';
import type { Destination, Pruning } from '../../src/publish/destination.ts';
import { createMirror } from '../../src/publish/destinations/mirror.ts';
import { changedFiles, guardOf } from '../conformance/releases.ts';
import { suite } from '../support/suite.ts';
import { type Server, startCaddy, startNginx } from './servers.ts';

const READERS = 4;
/** Between two pages of one reader: unchecked, they would leave the publisher in this process no time. */
const PAUSE_MS = 10;
const PUBLISHES = 200;
/** Caddy keeps no file open from one request to the next, so that there is less in it that many publishes could upset. */
const PUBLISHES_TO_CADDY = 60;
/** After every tenth publish, a return to what was live three releases before. */
const RETURN_EVERY = 10;
const RETURN_BY = 3;
const PRUNE_EVERY = 10;
/** Once their pages are live no more, assets stay for longer than a server keeps files open and a reader takes for one page on a busy machine. */
const CARRIED_MS = 6000;
const PAGES = ['index.html', 'a/index.html', 'a/b/index.html', 'feed/index.html'];
const ENCODINGS = ['identity', 'gzip', 'br'] as const;
const signal = new AbortController().signal;

/** The bytes of every file that was ever in a release. */
const contents = new Map<string, Buffer>();

function keep(bytes: Buffer): BlobRef {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  contents.set(sha256, bytes);
  return { sha256, size: bytes.length };
}

/** Text that ends in the hash of all before it, so that a reader can tell whether it is whole and of one piece. */
function sealed(text: string): string {
  return `${text}/* ${createHash('sha256').update(text).digest('hex')} */`;
}

function assertSealed(text: string, what: string): void {
  const [, body = '', seal] = /^(.*)\/\* ([0-9a-f]{64}) \*\/$/s.exec(text) ?? [];
  assert.is(createHash('sha256').update(body).digest('hex'), seal, `${what}: torn, ${text.length} bytes`);
}

function fileOf(path: string, text: string, isCompressed: boolean): ReleaseFile {
  const bytes = Buffer.from(sealed(text));
  const brotli = () => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
  const variants = isCompressed ? { gzip: keep(gzipSync(bytes, { level: 1 })), br: keep(brotli()) } : {};
  const kind = path.endsWith('.html') ? 'page' : 'asset';
  return { path, kind, type: '', headers: {}, variants, ...keep(bytes) };
}

interface Look {
  readonly pages: readonly ReleaseFile[];
  readonly assets: readonly ReleaseFile[];
}

/** What release n is by itself: even ones are large, odd ones small, and each third is not compressed. */
function lookOf(n: number): Look {
  const filler = `release ${n} `.repeat(n % 2 === 0 ? 1500 : 20);
  const isCompressed = n % 3 !== 0;
  const names = [`assets/${n}.css`, `assets/deep/${n}.js`];
  const links = names.map((name) => `<link href="/${name}">`).join('');
  return {
    pages: PAGES.map((path) => fileOf(path, `<p>${path} ${filler}</p>${links}`, isCompressed)),
    assets: names.map((path) => fileOf(path, `asset ${filler}`, isCompressed)),
  };
}

const ABOUT = fileOf('about/index.html', '<p>never changes</p>', true);

const nothingKept: Omit<Pruning, 'live' | 'guard'> = {
  retired: [],
  dropped: [],
  kept: async function* () {},
  isWithdrawn: () => false,
};

/** One publisher's memory: every look so far, and the manifests made of them. */
function createSite(destination: Destination) {
  const looks: Look[] = [];
  /** When each was live last: the one that is, until the next is on its way. */
  const lastLive = new Map<Look, number>();
  let live: Manifest | undefined;
  let releases = 0;

  async function goLive(look: Look): Promise<void> {
    const now = Date.now();
    for (const [each, at] of lastLive) if (at === Infinity) lastLive.set(each, now);
    lastLive.set(look, Infinity);
    const carried = [...lastLive].filter(([, at]) => now - at < CARRIED_MS).map(([each]) => each);
    const files = [
      ...new Map(
        [...look.pages, ABOUT, ...carried.flatMap(({ assets }) => assets)].map((file) => [file.path, file]),
      ).values(),
    ];
    files.sort((a, b) => (a.path < b.path ? -1 : 1));
    releases += 1;
    const base = { format: 1, site: 's', environment: 'e', lineage: 'l', parent: null, created: '' } as const;
    const next: Manifest = { ...base, id: `r${releases}`, files };
    const transfer = await destination.begin(
      next,
      { live, unsure: live === undefined ? 'all' : new Set(), ensureHeld: async () => undefined },
      signal,
    );
    for (const file of changedFiles(next, live)) {
      await transfer.put(file, (encoding) => {
        const ref = encoding === 'identity' ? file : file.variants[encoding];
        return Readable.from([contents.get(ref?.sha256 ?? '') ?? Buffer.alloc(0)]);
      });
    }
    await transfer.commit(guardOf(destination));
    live = next;
    if (releases % PRUNE_EVERY === 0)
      await destination.prune({ ...nothingKept, live: next, guard: guardOf(destination) }, signal);
  }

  return {
    async publish(n: number): Promise<void> {
      const look = lookOf(n);
      looks.push(look);
      await goLive(look);
    },
    /** The pages of an earlier release; assets that visitors of now may still ask for stay. */
    async goBack(): Promise<void> {
      const look = looks.at(-1 - RETURN_BY);
      assert.ok(look);
      await goLive(look);
    },
  };
}

interface Seen {
  answers: number;
  readonly releases: Set<string>;
  readonly encodings: Set<string>;
}

/** Loops over the pages and what they refer to, checking each answer, until told to stop. */
async function readAll(port: number, seen: Seen, isOver: () => boolean): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const paths = [...PAGES, ABOUT.path].map((path) => `/${path.replace(/index\.html$/, '')}`);
  try {
    for (let n = 0; !isOver(); n += 1) {
      const page = await fetchSealed(port, agent, paths[n % paths.length] ?? '/', n);
      const release = /release (\d+)/.exec(page.text)?.[1] ?? 'none';
      for (const [, href = ''] of page.text.matchAll(/href="([^"]+)"/g)) {
        const asset = await fetchSealed(port, agent, href, n);
        assert.ok(asset.text.includes(`release ${release} `), `${href} belongs to another release`);
        seen.answers += 1;
      }
      seen.answers += 1;
      seen.releases.add(release);
      seen.encodings.add(page.encoding);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  } finally {
    agent.destroy();
  }
}

async function fetchSealed(
  port: number,
  agent: Agent,
  path: string,
  n: number,
): Promise<{ text: string; encoding: string }> {
  const accepted = ENCODINGS[n % ENCODINGS.length] ?? 'identity';
  const { status, encoding, bytes } = await fetchWhole(port, agent, path, accepted);
  const what = `${path} (${accepted} asked, ${encoding} answered)`;
  assert.is(status, 200, what);
  const text = (
    encoding === 'gzip' ? gunzipSync(bytes) : encoding === 'br' ? brotliDecompressSync(bytes) : bytes
  ).toString();
  assertSealed(text, what);
  return { text, encoding };
}

function fetchWhole(port: number, agent: Agent, path: string, accepted: string) {
  return new Promise<{ status: number; encoding: string; bytes: Buffer }>((resolve, reject) => {
    const request = get({
      host: '127.0.0.1',
      port,
      path,
      agent,
      headers: { 'accept-encoding': accepted },
      timeout: 20_000,
    });
    request.once('timeout', () => request.destroy(new Error(`${path}: no answer`)));
    request.once('error', reject);
    request.once('response', (response) => {
      buffer(response).then((bytes) => {
        const length = response.headers['content-length'];
        if (length !== undefined && Number(length) !== bytes.length) reject(new Error(`${path}: cut`));
        resolve({
          status: response.statusCode ?? 0,
          encoding: response.headers['content-encoding'] ?? 'identity',
          bytes,
        });
      }, reject);
    });
  });
}

type Start = (root: string, scratch: string) => Promise<Server>;

async function watchPublishes(start: Start, publishes: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-readers-'));
  try {
    await chmod(folder, 0o755);
    const dir = join(folder, 'www');
    const site = createSite(createMirror({ name: 'www', dir }));
    await site.publish(0);
    const server = await start(join(dir, 'current'), join(folder, 'server'));
    try {
      await publishAndRead(site, server.port, publishes);
    } finally {
      await server.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function publishAndRead(site: ReturnType<typeof createSite>, port: number, publishes: number): Promise<void> {
  const seen: Seen = { answers: 0, releases: new Set(), encodings: new Set() };
  let over = false;
  let returns = 0;
  const end = () => {
    over = true;
  };
  const publisher = async () => {
    for (let n = 1; n <= publishes && !over; n += 1) {
      await site.publish(n);
      if (n % RETURN_EVERY !== 0) continue;
      await site.goBack();
      returns += 1;
    }
  };
  const readers = Array.from({ length: READERS }, () => readAll(port, seen, () => over).finally(end));
  const ended = await Promise.allSettled([...readers, publisher().finally(end)]);
  for (const result of ended) if (result.status === 'rejected') throw result.reason;
  assert.is(returns, publishes / RETURN_EVERY);
  assert.ok(seen.releases.size > 20, `${seen.releases.size} releases seen`);
  assert.ok(seen.answers > 1000, `${seen.answers} answers`);
  assert.ok(seen.encodings.has('gzip'), 'compressed files were answered');
}

const nginx = suite('readers during publishes, nginx', { needs: ['nginx'] });
nginx('nginx, which keeps files open, never answers an error, a torn page or a page without its assets', () =>
  watchPublishes(startNginx, PUBLISHES),
);
nginx.run();

const caddy = suite('readers during publishes, Caddy', { needs: ['caddy'] });
caddy('Caddy never answers an error, a torn page or a page without its assets', () =>
  watchPublishes(startCaddy, PUBLISHES_TO_CADDY),
);
caddy.run();
