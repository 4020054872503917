import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type * as Load from '../../src/config/load.ts';
import type * as Reports from '../../src/cycle/report.ts';
import type * as Places from '../../src/cycle/workplace.ts';
import type * as Errors from '../../src/model/errors.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import type * as Pipeline from '../../src/pipeline.ts';
import { write } from '../render/project.ts';
import { importBuilt } from '../support/built.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const { loadConfig } = await importBuilt<typeof Load>('config/load');
const { publishIn } = await importBuilt<typeof Pipeline>('pipeline');
const { openWorkplace } = await importBuilt<typeof Places>('cycle/workplace');
const { HoldfastError } = await importBuilt<typeof Errors>('model/errors');
const { newReport } = await importBuilt<typeof Reports>('cycle/report');

const test = suite('what is made ahead of its instant');

/** What a disk that is full says. */
const NAMED = '/srv/second/canary-name/next';
const CANARY = /canary|geheimwort/i;
const AT = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000;
const iso = new Date(AT).toISOString();
let site: ScriptedSite;
let project: Project;
/** What the clock of a cycle shows. */
let now = AT;

test.before.each(async () => {
  site = await startSite({ '/': page('Home', '<p>Edition 1</p>') });
  project = await openProject(
    smallConfig(site.url, {
      destinations: [
        { use: 'mirror', dir: 'mirror' },
        { use: 'mirror', name: 'second', dir: 'second' },
      ],
    }),
  );
});

test.after.each(async () => {
  await site.close();
  await project.close();
});

interface One {
  readonly looks: 'all' | 'none';
  readonly at?: number;
  /** The destination near which nothing can be put before its time. */
  readonly fails?: string;
}

/** One cycle at `now`; its warnings, and the errors of its destinations. */
async function cycle({ looks, at, fails }: One): Promise<readonly string[]> {
  const loaded = await loadConfig({ cwd: project.dir, env: {} });
  const clock = { now: () => now, monotonic: () => performance.now(), sleep: async () => undefined };
  const stage = async (): Promise<never> => {
    throw new HoldfastError('destination-unwritable', 'no answer');
  };
  const enter = async () => {
    const place = await openWorkplace(loaded, clock);
    const begin = async (): Promise<never> => {
      throw new HoldfastError('destination-unwritable', `${fails}: ${NAMED} cannot be written: ENOSPC`);
    };
    return {
      ...place,
      destinations: place.destinations.map((one) =>
        one.name === fails ? { ...one, ...(at === undefined ? { stage } : { begin }) } : one,
      ),
    };
  };
  const report = newReport();
  // The other would wait for the instant, and no time goes by here.
  const only = at === undefined || fails === undefined ? {} : { to: fails };
  const caps = { force: false, dryRun: false, maxDeletes: 256, acceptShrink: false } as const;
  const wish = { looks, ...caps, ...(at === undefined ? {} : { at }), ...only };
  const { signal } = new AbortController();
  await publishIn({ loaded, enter, leave: (place) => place.close() }, { wish, report }, signal);
  const errors = [...report.destinations.values()].flatMap(({ error }) => error ?? []);
  return [
    ...[...report.tally.warnings.values()].map(({ code, path, text }) => `${code}: ${path} ${text}`),
    ...errors.map(({ code, message }) => `${code}: ${message}`),
  ];
}

test('what cannot be made for it is told without a word of it until its time, and then with all', async () => {
  await write(project.dir, {
    'content/canary-name.md': `---\npublishAt: ${iso}\n---\n{{ canary | geheimwort }}`,
  });
  const failure = () => cycle({ looks: 'none', at: AT }).catch((error: unknown) => error as Errors.HoldfastError);
  now = AT - 10_000;
  const before = (await failure()) as Errors.HoldfastError;
  assert.is(before.code, 'template-broken');
  assert.not.match(`${before.message} ${before.hint} ${JSON.stringify(before)}`, CANARY);
  now = AT;
  assert.match(((await failure()) as Errors.HoldfastError).message, CANARY);
});

test('a destination that cannot take a file of it does not tell its name before its time', async () => {
  now = AT - 3_600_000;
  await cycle({ looks: 'all' });
  await write(project.dir, { 'content/canary-name/index.md': `---\npublishAt: ${iso}\n---\nWords` });
  now = AT - 20_000;
  await cycle({ looks: 'none' });
  const failing = () => cycle({ looks: 'none', at: AT, fails: 'second' });
  const before = (await failing()).join('\n');
  assert.match(before, 'destination-unwritable: what is to go live at ');
  assert.not.match(before, CANARY);
  now = AT;
  assert.match((await failing()).join('\n'), CANARY);
});

test('one destination that fails keeps no other from being ready, and is told of by name', async () => {
  await write(project.dir, {
    'content/old.md': `---\npermalink: /news/\nunpublishAt: ${iso}\n---\nOld words`,
    'content/new.md': `---\npermalink: /news/\npublishAt: ${iso}\n---\nNew words`,
  });
  now = AT - 3_600_000;
  const warnings = await cycle({ looks: 'all', fails: 'second' });
  assert.is(warnings.length, 1, warnings.join('\n'));
  assert.match(warnings[0] ?? '', /^not-prepared: second .* is not ready: destination-unwritable$/);
  const status = (await project.run(['status'])).stdout;
  assert.match(status, /LIVE at .*: second NOT READY \(destination-unwritable\); mirror ready, 1 file to put, 1 /);
  assert.match(status, /^origin: up for /m);
  now = AT - 18_000;
  await cycle({ looks: 'none', fails: 'second' });
  const caching = async (name: string): Promise<string | undefined> => {
    const own = join(project.dir, name, '_holdfast');
    const { live } = JSON.parse(await readFile(join(own, 'control.json'), 'utf8')) as { live: string };
    const { files } = JSON.parse(await readFile(join(own, `releases/${live}.json`), 'utf8')) as Manifest;
    return files.find(({ path }) => path === 'news/index.html')?.headers['cache-control'];
  };
  assert.is(await caching('mirror'), 'max-age=0, s-maxage=0, must-revalidate');
});

test.run();
