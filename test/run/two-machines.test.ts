// takes: 60 s
// waits
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { openBucket, openWebsite, type TestBucket } from '../support/ceph.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { type LogLine, type Resident, startResident } from '../support/resident.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('two machines that run', { needs: ['ceph'] });
let site: ScriptedSite;
let bucket: TestBucket;
let website: Awaited<ReturnType<typeof openWebsite>>;
const machines: { project: Project; run: Resident }[] = [];

/** As the design has it: a lease that ran out is followed within this. */
const FOLLOWED_MS = 15_000;

async function startMachine(): Promise<{ project: Project; run: Resident }> {
  const destinations: HoldfastConfig['destinations'] = [
    { use: 's3', name: 'cdn', bucket: bucket.bucket, endpoint: bucket.endpoint },
  ];
  const lanes = [{ name: 'hot', paths: ['/'], every: '1s' }];
  const project = await openProject(smallConfig(site.url, { destinations, lanes, run: { listen: '127.0.0.1:0' } }));
  const run = startResident(project.dir, {
    AWS_ACCESS_KEY_ID: bucket.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: bucket.credentials.secretAccessKey,
  });
  machines.push({ project, run });
  return { project, run };
}

const edition = (n: number) => page('Home', `<p>Edition ${n}</p>`);
const isLive = async (n: number): Promise<boolean> => {
  const { headers, body } = await website.visit('/');
  return String(headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).includes(`Edition ${n}`);
};
const hasRole = (role: string) => (line: LogLine) => line['role'] === role;
const hasPublished = ({ msg }: LogLine) => msg.startsWith('cdn: published');

test.before.each(async () => {
  bucket = await openBucket();
  website = await openWebsite(bucket);
  site = await startSite({ '/': edition(1) });
});

test.after.each(async () => {
  for (const { run, project } of machines.splice(0)) {
    run.process.kill('SIGCONT');
    await run.stop('SIGKILL');
    await project.close();
  }
  await site.close();
});

test('one is active and the other passive; when the active one is killed the other takes over within 15 s', async () => {
  const first = await startMachine();
  await first.run.until(hasPublished);
  const second = await startMachine();
  await second.run.until(hasRole('passive'));
  site.pages.set('/', edition(2));
  await first.run.until(hasPublished);
  assert.not.ok(
    second.run.lines.some(({ msg }) => msg.includes('published')),
    'the passive one leaves the gaps alone',
  );
  site.pages.set('/', edition(3));
  const killed = performance.now();
  await first.run.stop('SIGKILL');
  await second.run.until('took over from');
  const took = performance.now() - killed;
  assert.ok(took < FOLLOWED_MS, `${Math.round(took)} ms`);
  await second.run.until(hasPublished);
  assert.ok(await isLive(3));
});

test('one that is paused loses its turn, and is passive when it wakes; one that leaves is followed at once', async () => {
  const first = await startMachine();
  await first.run.until(hasPublished);
  const second = await startMachine();
  await second.run.until(hasRole('passive'));
  const paused = performance.now();
  first.run.process.kill('SIGSTOP');
  await second.run.until(hasRole('active'));
  const took = performance.now() - paused;
  assert.ok(took < FOLLOWED_MS, `${Math.round(took)} ms`);
  first.run.process.kill('SIGCONT');
  await first.run.until(hasRole('passive'));
  site.pages.set('/', edition(2));
  await second.run.until(hasPublished);
  assert.ok(await isLive(2));
  assert.is(await second.run.stop(), 0);
  await first.run.until(hasRole('active'));
});

test.run();
