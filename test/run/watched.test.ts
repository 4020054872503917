// takes: 6 s
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { type Resident, startResident } from '../support/resident.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('what a resident process shows of itself');
let site: ScriptedSite;
let project: Project;
let run: Resident;
let url: string;
let pings = 0;
const pinged = createServer((_request, response) => {
  pings += 1;
  response.end();
});

const SECRETS = {
  ORIGIN_AUTH: 'Basic canary-of-origin',
  TRIGGER_TOKEN: 'canary-of-trigger',
  HOOK: 'http://127.0.0.1:9/canary-of-hook',
};
/** What a visitor wrote: in a comment, and in the answer of a source that broke. */
const WORDS = 'canary-words';
const CANARIES = /canary-(?:of|words)/;

const cycleEnded = (line: { readonly [field: string]: unknown }) => typeof line['exit'] === 'number';
const get = async (path: string) => {
  const answer = await fetch(url + path);
  return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() };
};
const trigger = () =>
  fetch(`${url}/trigger`, { method: 'POST', headers: { authorization: `Bearer ${SECRETS.TRIGGER_TOKEN}` } });
const comments = (text: string) => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify([{ id: 1, author: WORDS, date: '2026-05-04T10:00:00Z', html: `<p>${text}</p>` }]),
});

test.before(async () => {
  site = await startSite({
    '/': page('Home', '<ol class="comment-list"></ol>'),
    // Named like the secret, and in trouble: its name stands among the kept pages.
    '/canary-of-origin/': page('Secret', ''),
    '/comments.json': comments(WORDS),
  });
  await new Promise<void>((resolve) => pinged.listen(0, '127.0.0.1', resolve));
  const config: Partial<HoldfastConfig> = {
    origin: { url: site.url, requestsPerSecond: 0, concurrency: 4, headers: { authorization: 'env:ORIGIN_AUTH' } },
    lanes: [{ name: 'hot', paths: ['/', '/canary-of-origin/'], every: '1h' }],
    comments: [{ from: 'json', url: '/comments.json', page: '/', every: '1ms', into: '.comment-list' }],
    run: { listen: '127.0.0.1:0', token: 'env:TRIGGER_TOKEN' },
    heartbeat: `http://127.0.0.1:${(pinged.address() as AddressInfo).port}/`,
  };
  project = await openProject(smallConfig(site.url, config));
  await project.configure(
    smallConfig(site.url, {
      ...config,
      alerts: [
        { use: 'command', run: ['/bin/sh', '-c', 'cat >> "$1"', 'sh', join(project.dir, 'alerts')] },
        { use: 'webhook', url: 'env:HOOK' },
      ],
    }),
  );
  run = startResident(project.dir, SECRETS, ['--log-level', 'debug']);
  url = await run.url();
  await run.until(cycleEnded);
});

test.after(async () => {
  await run?.stop('SIGKILL');
  await project?.close();
  await site?.close();
  pinged.closeAllConnections();
  pinged.close();
});

test('a page that is open is told when something happened, and many that are open are few connections', async () => {
  const stop = new AbortController();
  const answer = await fetch(`${url}/events`, { signal: stop.signal });
  assert.is(answer.headers.get('content-type'), 'text/event-stream');
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const text = async () => new TextDecoder().decode((await reader.read()).value);
  assert.match(await text(), /^retry: \d+\n\n$/);
  await trigger();
  assert.match(await text(), /^data: news\n\n/, 'long before the ten seconds after which ages go on');
  await run.until(cycleEnded);
  const others = await Promise.all(Array.from({ length: 16 }, () => fetch(`${url}/events`, { signal: stop.signal })));
  assert.equal(
    others.map(({ status }) => status).filter((status) => status !== 200),
    [503],
  );
  stop.abort();
});

test('the heartbeat comes once every destination succeeded, and not where one failed', async () => {
  const before = pings;
  await trigger();
  assert.is((await run.until(cycleEnded))['exit'], 0);
  await within(2000, () => pings > before);
  const record = join(project.dir, 'mirror/_holdfast/control.json');
  const text = await readFile(record, 'utf8');
  await writeFile(record, '{}');
  const after = pings;
  await trigger();
  assert.is.not((await run.until(cycleEnded))['exit'], 0);
  assert.is(pings, after);
  await writeFile(record, text);
});

test('no face shows a secret or a word of a visitor, whatever fails; nor do alerts or the log', async () => {
  site.pages.set('/comments.json', { headers: { 'content-type': 'application/json' }, body: `[{"id": "${WORDS}` });
  site.pages.set('/canary-of-origin/', { status: 500, body: `${SECRETS.ORIGIN_AUTH} ${WORDS}` });
  for (let times = 0; times < 2; times++) {
    await trigger();
    await run.until(cycleEnded);
  }
  const faces = await Promise.all(['/', '/status.json', '/metrics', '/healthz', '/live.js'].map(get));
  for (const { status, body } of faces) {
    assert.is(status, 200);
    assert.not.match(body, CANARIES);
  }
  const [html = '', json = ''] = faces.map(({ body }) => body);
  assert.match(html, /Comments.*1 comment,.*<strong>fails/s);
  assert.match(html, /Kept from an earlier look: 1.*<a href="[^"]*\[redacted\]/s);
  const facts = JSON.parse(json) as { comments: { trouble: string | null }[]; kept: object[] };
  assert.ok(facts.comments[0]?.trouble);
  assert.is(facts.kept.length, 1);
  await project.configure({} as HoldfastConfig);
  await run.until('the configuration is kept as it was');
  const alerts = () => readFile(join(project.dir, 'alerts'), 'utf8').catch(() => '');
  await within(5000, async () => (await alerts()).includes('"subject":"config"'));
  assert.not.match(await alerts(), CANARIES);
  assert.match((await get('/status.json')).body, /"configError":"[^"]/);
  assert.not.match(run.output, CANARIES);
});

/** Waits for what comes soon, and says so where it does not. */
async function within(ms: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const ends = performance.now() + ms;
  while (!(await isSo())) {
    assert.ok(performance.now() < ends, `not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test.run();
