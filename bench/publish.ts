import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { ReleaseFile } from '../src/model/manifest.ts';
import { openBlobs } from '../src/store/blobs.ts';
import { openBucket, type TestBucket } from '../test/support/ceph.ts';
import type { Once, Spec } from './publish-once.ts';
import { inFolder, type Measured, measure, row } from './support.ts';

/**
 * A first, an unchanged and a changed publish to an S3 server (Ceph's, in memory, on this machine) against rclone, s3cmd and the AWS
 * command line, same files, same server, one after the other.
 */
const PAGES = 10_000;
const ASSETS = 500;
const ASSET_BYTES = 50_000;
const SMALLEST_PAGE = 8000;
const LARGEST_PAGE = 40_000;
const CHANGED_PART = 100;

const CHILD = fileURLToPath(new URL('publish-once.ts', import.meta.url));
const WORDS = Array.from({ length: 3000 }, () => randomBytes(5).toString('base64url').toLowerCase());

/** HTML of `size` bytes that compresses about as text does. */
function pageText(index: number, size: number): string {
  let text = `<!doctype html><html lang="en"><head><title>Page ${index}</title></head><body>`;
  for (let seed = index * 7919 + performance.now(); text.length < size; seed = (seed * 16_807 + 11) % 2_147_483_647)
    text += `<p class="line">${WORDS[Math.floor(seed) % WORDS.length]} ${WORDS[Math.floor(seed / 7) % WORDS.length]} </p>`;
  return `${text}</body></html>`;
}

interface Site {
  readonly www: string;
  readonly spec: string;
  write(path: string, bytes: Buffer, kind: ReleaseFile['kind']): Promise<void>;
  save(): Promise<void>;
}

/** The same files twice: in a folder for the peers, and as a release with its blobs for us. */
async function makeSite(dir: string, bucket: TestBucket): Promise<Site> {
  const www = join(dir, 'www');
  const blobs = openBlobs(join(dir, 'blobs'));
  const files = new Map<string, ReleaseFile>();
  const spec: Spec = {
    s3: { name: 'cdn', ...bucket, prefix: 'ours', pathStyle: true, identity: [] },
    files: join(dir, 'files.json'),
    blobs: join(dir, 'blobs'),
  };
  await writeFile(join(dir, 'spec.json'), JSON.stringify(spec));
  return {
    www,
    spec: join(dir, 'spec.json'),
    async write(path, bytes, kind) {
      const at = join(www, path);
      await mkdir(dirname(at), { recursive: true });
      await writeFile(at, bytes);
      const variants = kind === 'page' ? { gzip: await blobs.put(gzipSync(bytes, { level: 4 })) } : {};
      const type = kind === 'page' ? 'text/html; charset=utf-8' : 'image/webp';
      files.set(path, { ...(await blobs.put(bytes)), path, kind, type, headers: {}, variants });
    },
    save: () => writeFile(spec.files, JSON.stringify([...files.values()])),
  };
}

const sizeOf = (index: number): number => SMALLEST_PAGE + ((index * 104_729) % (LARGEST_PAGE - SMALLEST_PAGE));

async function fill(site: Site): Promise<void> {
  for (let index = 0; index < PAGES; index++)
    await site.write(`p${index % 100}/${index}/index.html`, Buffer.from(pageText(index, sizeOf(index))), 'page');
  for (let index = 0; index < ASSETS; index++)
    await site.write(`assets/${index}.webp`, randomBytes(ASSET_BYTES), 'asset');
  await site.save();
}

async function change(site: Site): Promise<void> {
  for (let index = 0; index < PAGES / CHANGED_PART; index++)
    await site.write(`p${index % 100}/${index}/index.html`, Buffer.from(pageText(index, sizeOf(index))), 'page');
  await site.save();
}

async function ours(spec: string): Promise<Once & { whole: Measured }> {
  const whole = await measure([process.execPath, '--import', 'tsx', CHILD, spec]);
  if (whole.exit !== 0) throw new Error(`publish-once exited ${whole.exit}: ${whole.stdout}`);
  return { ...(JSON.parse(whole.stdout.trim().split('\n').at(-1) ?? '{}') as Once), whole };
}

type Peer = readonly [name: string, command: readonly string[]];

function peersOf({ bucket, endpoint, credentials }: TestBucket, www: string, config: string): readonly Peer[] {
  const { accessKeyId, secretAccessKey } = credentials;
  const remote = `:s3,provider=Ceph,access_key_id=${accessKeyId},secret_access_key=${secretAccessKey},endpoint="${endpoint}":${bucket}/rclone`;
  return [
    [
      'rclone sync --checksum',
      ['rclone', '--config', '/dev/null', 'sync', '--checksum', '--transfers', '16', '--checkers', '16', www, remote],
    ],
    [
      'aws s3 sync',
      [
        'aws',
        '--endpoint-url',
        endpoint,
        '--no-verify-ssl',
        's3',
        'sync',
        '--only-show-errors',
        www,
        `s3://${bucket}/aws`,
      ],
    ],
    ['s3cmd sync', ['s3cmd', '-c', config, 'sync', '--quiet', '--no-progress', `${www}/`, `s3://${bucket}/s3cmd/`]],
  ];
}

async function s3cmdConfig(dir: string, { endpoint, credentials }: TestBucket): Promise<string> {
  const host = new URL(endpoint).host;
  const lines = [
    '[default]',
    `access_key = ${credentials.accessKeyId}`,
    `secret_key = ${credentials.secretAccessKey}`,
    `host_base = ${host}`,
    `host_bucket = ${host}`,
    'use_https = False',
    'signature_v2 = False',
  ];
  await writeFile(join(dir, 's3cfg'), `${lines.join('\n')}\n`);
  return join(dir, 's3cfg');
}

const ROUNDS: readonly (readonly [what: string, target: number, prepare: (site: Site) => Promise<void>])[] = [
  ['first', 1, async () => undefined],
  ['unchanged', 0.1, async () => undefined],
  ['1 % changed', 0.2, change],
];

const s = (seconds: number): string => `${seconds.toFixed(2)} s`;

await inFolder(async (dir) => {
  const bucket = await openBucket();
  // Peers take what a machine has set for Amazon's own servers for this one too.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  process.env['AWS_ACCESS_KEY_ID'] = bucket.credentials.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = bucket.credentials.secretAccessKey;
  process.env['AWS_DEFAULT_REGION'] = bucket.region;
  const site = await makeSite(dir, bucket);
  await fill(site);
  const peers = peersOf(bucket, site.www, await s3cmdConfig(dir, bucket));
  console.log(
    `${PAGES} pages and ${ASSETS} assets, Ceph in memory, one run\n\n| what | measured | asked for |\n|---|---|---|`,
  );
  for (const [what, target, prepare] of ROUNDS) {
    await prepare(site);
    const us = await ours(site.spec);
    const times: number[] = [];
    for (const [name, command] of peers) {
      const { exit, seconds } = await measure(command);
      if (exit !== 0) throw new Error(`${name} exited ${exit}`);
      times.push(seconds);
      row(`${what}: ${name}`, s(seconds));
    }
    row(`${what}: holdfast, the publish`, `${s(us.seconds)}, ${us.put} put, ${us.requests} requests`);
    row(
      `${what}: holdfast, the process`,
      `${s(us.whole.seconds)}, peak ${us.whole.peakMb.toFixed(0)} MB`,
      'peak ≤ 300 MB',
    );
    row(`${what}: the publish against the fastest`, (us.seconds / Math.min(...times)).toFixed(2), `≤ ${target}`);
  }
});
