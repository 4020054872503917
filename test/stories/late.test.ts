import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { write } from '../render/project.ts';
import { builtPath } from '../support/built.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('a destination that fails at the instant');

let site: ScriptedSite;
let project: Project;
/** How long a publish takes here. */
let took: number;

/** For so long after the instant nothing can be published. */
const BROKEN_MS = 3000;
/** `publish --at` gives up this long after its instant. */
const RETRY_MS = 60_000;
const iso = (at: number): string => new Date(at).toISOString();
const record = () => join(project.dir, 'mirror/_holdfast/control.json');
const live = () => project.read('news/index.html');

test.before(async () => {
  site = await startSite({ '/': page('Home', '<p>Edition 1</p>') });
  project = await openProject(smallConfig(site.url));
  await write(project.dir, { 'content/news.md': '---\npermalink: /news/\n---\nOld words' });
  const began = Date.now();
  assert.is((await project.spawn(['publish', '--now'])).exit, 0);
  took = Date.now() - began;
});

test.after(async () => {
  await site.close();
  await project.close();
});

/** Starts the program as a user does; what it says is collected. */
function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [builtPath('cli/main'), ...args], { cwd: project.dir });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  return { output: () => output, ended: new Promise<number | null>((resolve) => child.once('close', resolve)) };
}

const FAILED = /^publish mirror: .* \[destination-damaged\]$/m;

test('it is tried again, live soon after it is well, and each failure is said', async () => {
  const at = Math.ceil((Date.now() + Math.max(6000, 4 * took)) / 1000) * 1000;
  await write(project.dir, {
    'content/news.md': `---\npermalink: /news/\nunpublishAt: ${iso(at)}\n---\nOld words`,
    'content/next.md': `---\npermalink: /news/\npublishAt: ${iso(at)}\n---\nNew words`,
  });
  const published = start('publish', '--at', iso(at));
  await wait(at - Date.now() - 200);
  const text = await readFile(record(), 'utf8');
  await writeFile(record(), '{}');
  // On a busy machine it comes to the instant later.
  while (Date.now() < at + BROKEN_MS || !FAILED.test(published.output())) {
    assert.match(await live(), /Old words/, 'nothing of it is live');
    assert.ok(Date.now() < at + RETRY_MS / 2, published.output());
    await wait(100);
  }
  await writeFile(record(), text);
  assert.is(await published.ended, 0, published.output());
  assert.match(await live(), /New words/);
  assert.not.match((await project.run(['status'])).stdout, /LIVE at/);
});

test('where it stays so, that is the exit code and the last word, and what was live stays', async () => {
  await write(project.dir, { 'content/next.md': '---\npermalink: /news/\n---\nLater words' });
  const text = await readFile(record(), 'utf8');
  await writeFile(record(), '{}');
  const before = await live();
  // Nearly a minute ago: what comes next is the end of trying.
  const { exit, stderr } = await project.run(['publish', '--at', iso(Date.now() - RETRY_MS + 2500)]);
  assert.is(exit, 1);
  const failures = stderr.match(new RegExp(FAILED, 'gm')) ?? [];
  assert.ok(failures.length >= 2, stderr);
  assert.is(await live(), before);
  await writeFile(record(), text);
  assert.is((await project.publish()).exit, 0);
  assert.match(await live(), /Later words/, 'the next run mends it');
});

test.run();
