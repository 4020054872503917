/**
 * How long after its instant each of 20 composed pages is seen: on a mirror, and in a bucket of Ceph's gateway on this machine. `npx tsx bench/instant.ts`, after a
 * build; about a minute. Every page is looked at each few milliseconds, so figures are late by so much at most.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import type { HoldfastConfig } from '../src/config/schema.ts';
import { openPlace } from '../test/publish/bucket.ts';
import { write } from '../test/render/project.ts';
import { builtPath } from '../test/support/built.ts';
import { openProject, smallConfig } from '../test/support/project.ts';
import { page, startSite } from '../test/support/site.ts';

const PAGES = 20;
const LEAD_MS = 15_000;
const GIVE_UP_MS = 20_000;

const site = await startSite({ '/': page('Home', '<p>Edition 1</p>') });

/** Milliseconds after the instant at which each page was first seen with its new words, in order. */
async function measure(
  destination: HoldfastConfig['destinations'][number],
  looksAt: (dir: string) => (path: string) => Promise<string>,
): Promise<readonly number[]> {
  const project = await openProject(smallConfig(site.url, { destinations: [destination] }));
  const old = Array.from({ length: PAGES }, (_, n) => [`content/p${n}.md`, `---\ntitle: Page ${n}\n---\nOld words`]);
  await write(project.dir, Object.fromEntries(old));
  await project.publish('--now');
  const at = Math.ceil((Date.now() + LEAD_MS) / 1000) * 1000;
  const instant = new Date(at).toISOString();
  const both = Array.from({ length: PAGES }, (_, n) => [
    [`content/p${n}.md`, `---\ntitle: Page ${n}\nunpublishAt: ${instant}\n---\nOld words`],
    [`content/next${n}.md`, `---\ntitle: Page ${n}\npermalink: /p${n}/\npublishAt: ${instant}\n---\nNew words`],
  ]);
  await write(project.dir, Object.fromEntries(both.flat()));
  const args = [builtPath('cli/main'), 'publish', '--at', instant];
  const child = spawn(process.execPath, args, { cwd: project.dir, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const look = looksAt(project.dir);
  const seen = new Map<number, number>();
  // A reader that is busy all the time would take the publisher's processor.
  await wait(Math.max(0, at - Date.now() - 100));
  while (seen.size < PAGES && Date.now() < at + GIVE_UP_MS) {
    for (let n = 0; n < PAGES; n++)
      if (!seen.has(n) && (await look(`p${n}/index.html`)).includes('New words')) seen.set(n, Date.now() - at);
    await wait(2);
  }
  await ended;
  await project.close();
  return [...seen.values()].sort((a, b) => a - b);
}

const say = (name: string, times: readonly number[], most: number): void =>
  console.log(
    `${name}: ${times.length} of ${PAGES} pages, first ${times[0]} ms, last ${times.at(-1)} ms after the instant (at most ${most})`,
  );

say(
  'mirror',
  await measure(
    { use: 'mirror', dir: 'mirror' },
    (dir) => (path) => readFile(join(dir, 'mirror/current', path), 'utf8').catch(() => ''),
  ),
  1000,
);
const place = await openPlace();
const { bucket, endpoint } = place.bucket;
const inBucket = async (key: string): Promise<string> => {
  const { body = Buffer.alloc(0), answer } = (await place.stored(key)) ?? {};
  return String(answer?.ContentEncoding === 'gzip' ? gunzipSync(body) : body);
};
say('s3', await measure({ use: 's3', name: 'cdn', bucket, endpoint }, () => inBucket), 2000);
place.close();
await site.close();
process.exit();
