import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { approve, installHook, waitingComment } from '../test/origins/wordpress/hook.ts';
import { startWordPress } from '../test/origins/wordpress/wordpress.ts';
import { inFolder, MAIN, median, row } from './support.ts';

/**
 * From approval to live, on a real WordPress with the hook of `publish/wordpress`, whose announcement has 1,000 comments: what a visitor
 * wrote waits, is approved, and is looked for in the mirror. No lane is due meanwhile.
 */
const COMMENTS = Number(process.env['BENCH_COMMENTS'] ?? 20);
const POLL_MS = 5;
const LIMIT_MS = 20_000;
const TOKEN = 'a-word-of-this-bench';

const percentile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * part) - 1] ?? Number.NaN;

/** Where a resident process listens, once it is ready and its first cycle is over. */
async function started(cwd: string): Promise<{ url: string; stop(): Promise<unknown> }> {
  const child = spawn(process.execPath, [MAIN, 'run'], {
    cwd,
    env: { ...process.env, TRIGGER_TOKEN: TOKEN },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const said = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const [, found] = pattern.exec(output) ?? [];
      if (found !== undefined) return found;
      if (child.exitCode !== null) throw new Error(`it ended:\n${output}`);
      await wait(50);
    }
  };
  const url = await said(/listens on (http[^"]*)/);
  await said(/"why":"tick","exit":(0)/);
  return {
    url,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

async function isThere(file: string, mark: string): Promise<number> {
  const ends = Date.now() + LIMIT_MS;
  while (Date.now() < ends) {
    if ((await readFile(file, 'utf8')).includes(mark)) return Date.now();
    await wait(POLL_MS);
  }
  throw new Error(`${mark} did not go live in ${LIMIT_MS} ms`);
}

await inFolder(async (dir) => {
  const origin = await startWordPress({ theme: 'twentytwentyone' });
  const { path, id: post } = origin.announcement;
  const project = join(dir, 'project');
  await mkdir(project);
  const config = {
    site: { name: 'Bench', url: 'https://www.example.org' },
    origin: { url: origin.url, requestsPerSecond: 0, concurrency: 2, deadline: '60s' },
    lanes: [{ name: 'hot', paths: ['/', path], every: '1d' }],
    comments: [{ from: 'wordpress', page: path, every: '1d', resync: '1d' }],
    run: { listen: '127.0.0.1:0', token: 'env:TRIGGER_TOKEN' },
    destinations: [{ use: 'mirror', dir: 'mirror' }],
  };
  await writeFile(join(project, 'holdfast.config.json'), JSON.stringify(config));
  const file = join(project, 'mirror/current', `${path.slice(1)}index.html`);
  const run = await started(project);
  try {
    await installHook(origin, { url: run.url, token: TOKEN });
    const took: number[] = [];
    for (let index = 0; index < COMMENTS; index++) {
      const id = await waitingComment(origin, post, `A comment of the bench, number ${index}`);
      const at = await approve(origin, id);
      took.push((await isThere(file, `id="comment-${id}"`)) - at);
    }
    const worst = Math.max(...took);
    row(`${COMMENTS} comments, from approval to live, median`, `${(median(took) / 1000).toFixed(2)} s`);
    row('the same, 95 of 100', `${(percentile(took, 0.95) / 1000).toFixed(2)} s`, '≤ 2 s');
    row('the same, worst', `${(worst / 1000).toFixed(2)} s`);
  } finally {
    await run.stop();
    await origin.close();
  }
});
