import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { configSchema } from '../src/config/schema.ts';
import { edgeFacts } from '../src/cycle/edge.ts';
import { fillEdge } from '../src/edge/fillers.ts';
import { freePort, inFolder, median, row, startNginx, wrk } from './support.ts';

/** The generated nginx, with its limits, maps and log, against a bare nginx with the same bytes; in turn, several times. */
const ROUNDS = 5;
const SECONDS = 4;
const CONNECTIONS = 64;
const PAGE = `<!doctype html><title>a page</title>${'<p>Twenty kilobytes of words.</p>'.repeat(620)}</html>`;
const HOLDING = `<!doctype html><title>busy</title>${'<p>We will be back.</p>'.repeat(300)}</html>`;

await inFolder(async (dir) => {
  const www = join(dir, 'www');
  await put(join(www, 'trees/one/p/index.html'), PAGE);
  await put(join(www, 'trees/one/404.html'), HOLDING);
  await put(join(www, 'trees/one/_holdfast/holding/busy.html'), HOLDING);
  await mkdir(join(www, '_holdfast/hold'), { recursive: true });
  await symlink('trees/one', join(www, 'current'));
  const plain = join(dir, 'plain');
  await put(join(plain, 'p/index.html'), PAGE);
  await put(join(plain, 'busy.html'), HOLDING);
  const port = await freePort();
  const away = `http://127.0.0.1:${await freePort()}`;
  const ours = await startNginx(join(dir, 'ours'), '', generated({ dir, www, away, port }));
  const bare = await startNginx(
    join(dir, 'bare'),
    `root ${plain}; index index.html; error_page 503 /busy.html; location /held/ { return 503; }
     location /away/ { error_page 502 =503 /busy.html; proxy_pass ${away}; }`,
  );
  const url = `http://127.0.0.1:${port}`;
  const compare = async (path: string, other: string): Promise<{ ours: number; bare: number }[]> => {
    await assertAlike(url + path, bare.url + other);
    const pairs: { ours: number; bare: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const a = await wrk(url + path, { seconds: SECONDS, connections: CONNECTIONS });
      const b = await wrk(bare.url + other, { seconds: SECONDS, connections: CONNECTIONS });
      pairs.push({ ours: a.perSecond, bare: b.perSecond });
    }
    return pairs;
  };
  const page = await compare('/p/', '/p/');
  const broken = await compare('/forum/', '/away/');
  const flag = join(www, '_holdfast/hold');
  await put(join(flag, 'busy'), '');
  await put(join(flag, 'on'), '');
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  const held = await compare('/p/', '/held/');
  await rm(join(flag, 'on'));
  await Promise.all([ours.stop(), bare.stop()]);
  console.log(
    `\n${CONNECTIONS} connections, medians of ${ROUNDS} pairs\n\n| what | measured | asked for |\n|---|---|---|`,
  );
  tell(`a page of ${PAGE.length} bytes`, page, '≥ 1.0');
  tell('a holding page, on hold, against `return 503` and `error_page`', held, '≥ 0.9');
  tell('a holding page, the origin refusing, against `proxy_pass` and `error_page`', broken, '≥ 0.9');
});

/** Both say the same, in so many bytes: else it were no comparison. */
async function assertAlike(...urls: readonly string[]): Promise<void> {
  const said = urls.map(async (one) => {
    const answer = await fetch(one, { headers: { 'accept-encoding': 'identity' } });
    return `${answer.status} ${(await answer.text()).length}`;
  });
  const [ours, theirs] = await Promise.all(said);
  if (ours !== theirs) throw new Error(`${urls.join(' and ')}: ${ours} and ${theirs}`);
}

interface Generated {
  readonly dir: string;
  readonly www: string;
  readonly away: string;
  readonly port: number;
}

/** What `holdfast edge nginx` prints, on that port, its log in that folder, and its limits where no load of a bench meets them. */
function generated({ dir, www, away, port }: Generated): string {
  const config = configSchema.parse({
    site: { name: 'Bench', url: 'http://127.0.0.1' },
    origin: { url: away },
    lanes: [{ name: 'hot', paths: ['/'], every: '1m' }],
    destinations: [{ use: 'mirror', dir: www }],
    edge: {
      dynamic: [{ path: '/forum/**' }, { path: '/wp-admin/**' }, { path: '/', query: ['s'] }],
      limits: { connections: 10_000, requestsPerSecond: 1_000_000, burst: 100_000 },
    },
  });
  const loaded = { config, environment: 'production', root: dir, path: dir, stateDir: dir, secrets: [] };
  const busy = { name: 'busy', path: '_holdfast/holding/busy.html', status: 503, retryAfter: 60, refresh: 20 };
  const holding = [{ ...busy, html: Buffer.from(HOLDING) }];
  const [file] = fillEdge('nginx', edgeFacts(loaded, { name: 'nginx', to: undefined, holding }));
  return (file?.text ?? '')
    .replace('listen 80 default_server;', `listen 127.0.0.1:${port} default_server reuseport;`)
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replace(/^\tlisten \[::\]:80.*\n/gm, '')
    .replace('/var/log/nginx/', `${dir}/`);
}

function tell(what: string, pairs: readonly { ours: number; bare: number }[], asked: string): void {
  row(`${what}: generated`, `${median(pairs.map((pair) => pair.ours)).toFixed(0)} a second`);
  row(`${what}: bare`, `${median(pairs.map((pair) => pair.bare)).toFixed(0)} a second`);
  row(
    `${what}: generated against bare`,
    `${median(pairs.map((pair) => pair.ours / pair.bare)).toFixed(2)} times`,
    asked,
  );
}

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
