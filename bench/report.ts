import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inFolder, MAIN, type Measured, measure, row } from './support.ts';

/** `holdfast report` against GoAccess on one log of a busy day, in turn; `--large` is the day of eleven million lines. */
const isLarge = process.argv.includes('--large');
const LINES = isLarge ? 11_000_000 : 1_000_000;
const ADDRESSES = isLarge ? 700_000 : 70_000;
const ROUNDS = isLarge ? 1 : 2;
const LIMIT_SECONDS = 600;

const peak = (all: readonly Measured[]): string => Math.max(...all.map(({ peakMb }) => peakMb)).toFixed(0);

const MONTH = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

await inFolder(async (dir) => {
  const log = join(dir, 'access.log');
  const pages = await writeLog(log);
  const bytes = (await stat(log)).size;
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  const goaccess = [
    'goaccess',
    log,
    '--log-format=COMBINED',
    '--no-progress',
    '--no-global-config',
    '-o',
    join(dir, 'theirs.json'),
  ];
  for (let round = 0; round < ROUNDS; round++) {
    theirs.push(await measure(goaccess, { cwd: dir, limitSeconds: LIMIT_SECONDS }));
    ours.push(
      await measure([process.execPath, MAIN, 'report', log, '--json'], { cwd: dir, limitSeconds: LIMIT_SECONDS }),
    );
  }
  for (const { exit } of [...ours, ...theirs]) if (exit !== 0) throw new Error(`one exited ${exit}`);
  const [first] = ours as [Measured];
  const { requests, addresses, pageRequests } = counted(first.stdout);
  const exact = requests === LINES && addresses === ADDRESSES && pageRequests === pages;
  const seconds = (all: readonly Measured[]): number => Math.min(...all.map((one) => one.seconds));
  console.log(
    `\n${LINES} lines, ${(bytes / 1e6).toFixed(0)} MB, ${ADDRESSES} addresses; the better of ${ROUNDS}\n\n| what | measured | asked for |\n|---|---|---|`,
  );
  row('GoAccess', `${seconds(theirs).toFixed(1)} s, ${peak(theirs)} MB`);
  row('holdfast report', `${seconds(ours).toFixed(1)} s`);
  row('holdfast report: peak memory', `${peak(ours)} MB`, '≤ 500 MB');
  row('against GoAccess', `${(seconds(ours) / seconds(theirs)).toFixed(2)} times the time`, '≤ 0.5');
  row(
    'counts: requests, addresses, page requests',
    `${requests}, ${addresses}, ${pageRequests}${exact ? ', exact' : ': WRONG'}`,
    'exact',
  );
});

/** Lines of the combined format: each address asks for a page once at least, and then every third line does. Returns how many asked for a page. */
async function writeLog(path: string): Promise<number> {
  const file = createWriteStream(path, { highWaterMark: 1 << 20 });
  const began = Date.parse('2026-11-21T06:00:00Z');
  let pages = 0;
  for (let first = 0; first < LINES; first += 10_000) {
    let text = '';
    for (let index = first; index < Math.min(first + 10_000, LINES); index++) {
      const isPage = index < ADDRESSES || index % 3 === 0;
      if (isPage) pages += 1;
      text += lineOf(index, isPage, new Date(began + Math.floor((index / LINES) * 14 * 3_600_000)));
    }
    if (!file.write(text)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  return pages;
}

function lineOf(index: number, isPage: boolean, at: Date): string {
  const address = index < ADDRESSES ? index : (Math.imul(index, 2_654_435_761) >>> 0) % ADDRESSES;
  const ip = `${10 + (address >>> 16)}.${(address >>> 8) & 255}.${address & 255}.7`;
  const iso = at.toISOString();
  const time = `${iso.slice(8, 10)}/${MONTH[at.getUTCMonth()]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
  const path = isPage ? (index % 7 === 0 ? '/' : `/news/${index % 2_000}/`) : `/assets/${index % 300}.png`;
  const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  return `${ip} - - [${time}] "GET ${path} HTTP/1.1" 200 ${1_000 + (index % 9_000)} "https://www.example.org/" "${agent}"\n`;
}

function counted(stdout: string): { requests: number; addresses: number; pageRequests: number } {
  const report = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as {
    readonly requests: number;
    readonly pages: { readonly requests: number; readonly addresses: number };
  };
  return { requests: report.requests, addresses: report.pages.addresses, pageRequests: report.pages.requests };
}
