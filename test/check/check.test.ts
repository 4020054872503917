import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { checkConfig } from '../../src/check/config.ts';
import { type Finding, summaryOf } from '../../src/check/finding.ts';
import type * as Verb from '../../src/cli/check.ts';
import { tableOf } from '../../src/cli/check-table.ts';
import type { VerbIo } from '../../src/cli/io.ts';
import { paintFor } from '../../src/cli/paint.ts';
import { loadConfig } from '../../src/config/load.ts';
import { importBuilt } from '../support/built.ts';
import { suite } from '../support/suite.ts';

/** As it was built: it starts Eleventy, which takes its time to be compiled. */
const { checkVerb } = await importBuilt<typeof Verb>('cli/check');

const BASE = {
  site: { name: 'Example', url: 'https://www.example.org' },
  origin: { url: 'http://127.0.0.1:1' },
  lanes: [
    { name: 'archive', crawl: {}, every: '1h' },
    { name: 'slow', paths: ['/never-asked/'], every: '2h' },
    { name: 'hot', paths: ['/', '/news/'], every: '1m' },
  ],
  analytics: [{ use: 'pixel' }],
  destinations: [{ use: 'mirror', dir: 'www' }],
};

async function inProject(config: object, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-check-'));
  try {
    for (const name of ['templates', 'content']) await mkdir(join(folder, name));
    await writeFile(join(folder, 'holdfast.config.json'), JSON.stringify(config));
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function run(cwd: string, json = false): Promise<{ exit: number; lines: string[] }> {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  const load: VerbIo['load'] = (secrets) => loadConfig({ cwd, env: {}, ...(secrets === undefined ? {} : { secrets }) });
  const silent = (): void => assert.unreachable('check says nothing on standard error');
  const signal = new AbortController().signal;
  const io: VerbIo = {
    cwd,
    env: {},
    input: () => Readable.from([]),
    print,
    note: silent,
    noteError: silent,
    onReload: () => undefined,
    redact: (text) => text,
    json,
    signal,
    load,
  };
  return { exit: await checkVerb(io, {}), lines };
}

async function withOrigin(use: (url: string, asked: string[]) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const page = `<!doctype html><title>x</title><p>${'text '.repeat(200)}</html>`;
    response.writeHead(request.url === '/news/' ? 500 : 200, { 'content-type': 'text/html' }).end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  try {
    await use(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, asked);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** A public address where nobody is yet. */
const NOBODY = { name: 'x', url: 'https://127.0.0.1:1' };

const test = suite('holdfast check');

test('every concern is looked at, a failure is exit 1, and nothing is written', async () => {
  await withOrigin(async (url, asked) => {
    await inProject({ ...BASE, site: NOBODY, origin: { url } }, async (folder) => {
      const before = await readdir(folder, { recursive: true });
      const { exit, lines } = await run(folder);
      assert.is(exit, 1);
      assert.equal(asked, ['/', '/news/'], 'the pages of the fastest lane that lists any, once each');
      assert.ok(lines.includes('ok       gate         / passes: 1.0 KB'), lines.join('\n'));
      assert.ok(
        lines.some((line) => /^fails {4}gate {9}\/news\/ is refused: status, answered 500/.test(line)),
        lines.join('\n'),
      );
      assert.match(lines.at(-1) ?? '', /^\d+ ok, 2 warnings, 1 failure$/);
      assert.equal(await readdir(folder, { recursive: true }), before);
    });
  });
});

test('where nothing fails the exit is 0, and --json is one line with the same findings', async () => {
  await withOrigin(async (url) => {
    await inProject(
      { ...BASE, site: NOBODY, origin: { url }, lanes: [{ name: 'hot', paths: ['/'], every: '1m' }] },
      async (folder) => {
        const { exit, lines } = await run(folder, true);
        assert.is(exit, 0);
        assert.is(lines.length, 1);
        const said = JSON.parse(lines[0] ?? '') as { ok: boolean; findings: Finding[] };
        assert.is(said.ok, true);
        assert.equal(
          [...new Set(said.findings.map(({ concern }) => concern))],
          [
            'config',
            'origin',
            'gate',
            'analytics',
            'holding',
            'destination',
            'schedule',
            'disk',
            'clock',
            'certificate',
            'alerts',
          ],
        );
      },
    );
  });
});

test('an origin that is away is one failure, and the rest is checked all the same', async () => {
  await inProject(BASE, async (folder) => {
    const { exit, lines } = await run(folder);
    assert.is(exit, 1);
    assert.is(lines.filter((line) => line.startsWith('fails')).length, 1);
    assert.ok(lines.some((line) => line.startsWith('ok       destination  mirror: nothing is live yet')));
  });
});

const CONFIGS: readonly [name: string, config: object, line: RegExp][] = [
  [
    'an origin at the public address',
    { site: { name: 'x', url: 'http://127.0.0.1:1' } },
    /^warn: the origin and the public address are both 127\.0\.0\.1:1$/,
  ],
  ['no page by path', { lanes: [{ name: 'a', crawl: {}, every: '1h' }] }, /^warn: no lane names a page by path$/],
  ['no analytics', { analytics: [] }, /^warn: no analytics: nobody is counted$/],
  [
    'analytics by scripts only',
    { analytics: [{ use: 'ga4', id: 'G-ABC123XYZ9' }] },
    /^warn: visitors without scripts are not counted by ga4 \(G-ABC123XYZ9\): Google Analytics 4 counts by scripts only$/,
  ],
  [
    'analytics by scripts only beside a pixel',
    { analytics: [{ use: 'plausible', domain: 'example.org' }, { use: 'pixel' }] },
    /^ok: visitors without scripts are not counted by plausible \(example\.org\): Plausible counts by scripts only$/,
  ],
  [
    'two destinations in one folder',
    {
      destinations: [
        { use: 'mirror', dir: 'a' },
        { use: 'mirror', name: 'b', dir: './a/' },
      ],
    },
    /^fail: destinations mirror and b are one folder$/,
  ],
  [
    'two destinations in one folder of another machine',
    {
      destinations: [
        { use: 'rsync', to: 'one@mirror.example.org', dir: '/srv/www' },
        { use: 'rsync', name: 'b', to: 'two@mirror.example.org', port: 22, dir: '/srv/www/' },
      ],
    },
    /^fail: destinations rsync and b are one place$/,
  ],
  [
    'two destinations in one folder of a bucket',
    {
      destinations: [
        { use: 's3', bucket: 'www', prefix: 'a' },
        { use: 's3', name: 'b', bucket: 'www', prefix: 'a/' },
      ],
    },
    /^fail: destinations s3 and b are one place$/,
  ],
  [
    'a destination in the content',
    { destinations: [{ use: 'mirror', dir: 'content/www' }] },
    /^fail: destination mirror and content lie one in the other$/,
  ],
  [
    'a destination around the project',
    { destinations: [{ use: 'mirror', dir: '..' }] },
    /^fail: destination mirror and \.holdfast lie one in the other$/,
  ],
  ['no templates', { compose: { templates: 'layouts' } }, /^warn: there is no folder layouts$/],
];

for (const [name, config, line] of CONFIGS) {
  test(`${name} is told`, async () => {
    await inProject({ ...BASE, ...config }, async (folder) => {
      const found = await checkConfig(await loadConfig({ cwd: folder, env: {} }));
      const said = found.map(({ level, text }) => `${level}: ${text}`);
      assert.is(said.length, 2, said.join('\n'));
      assert.match(said[1] ?? '', line);
    });
  });
}

test('a folder whose name begins with dots is not the folder above', async () => {
  await inProject({ ...BASE, destinations: [{ use: 'mirror', dir: '..www' }] }, async (folder) => {
    assert.is((await checkConfig(await loadConfig({ cwd: folder, env: {} }))).length, 1);
  });
});

const FINDINGS: readonly Finding[] = [
  { concern: 'gate', level: 'ok', text: '/ passes' },
  { concern: 'destination', level: 'warn', text: 'little room', hint: 'make room' },
  {
    concern: 'links',
    level: 'fail',
    text: '12 pages linked that the release lacks',
    list: Array.from({ length: 12 }, (_, n) => ({ what: `/old-${n}/`, on: ['/a/', '/b/', '/c/', '/d/'], pages: 1204 })),
  },
];

test('findings are columns; what they are about, and a hint, stand below the text, and nothing is coloured without a terminal', () => {
  const lines = [...tableOf(FINDINGS, { columns: undefined, paint: paintFor(undefined) })];
  assert.equal(lines.slice(0, 5), [
    'ok       gate         / passes',
    'warning  destination  little room',
    '                      make room',
    'fails    links        12 pages linked that the release lacks',
    '                        /old-0/ on /a/, /b/, /c/ and 1,201 more',
  ]);
  assert.is(lines.at(-1), '                        and 2 more (--json lists them)');
  assert.is(lines.length, 15);
  assert.is(summaryOf(FINDINGS), '1 ok, 1 warning, 1 failure');
});

const ESCAPE = /\u001b\[\d+m/g;
const TERMINALS: readonly [columns: number, hasColours: boolean][] = [
  [80, true],
  [60, false],
  [20, true],
];
for (const [columns, hasColours] of TERMINALS) {
  test(`on a terminal of ${columns} characters ${hasColours ? 'with' : 'without'} colours no word is lost, and lines fit where words do`, () => {
    const long = 'a text that goes on for longer than any line of a terminal that people still have';
    const findings: Finding[] = [{ concern: 'destination', level: 'warn', text: long, hint: long }];
    const shown = [...tableOf(findings, { columns, paint: paintFor({ hasColours }) })];
    assert.is(ESCAPE.test(shown.join('')), hasColours);
    const plain = shown.map((line) => line.replace(ESCAPE, ''));
    assert.is(plain.join(' ').replace(/\s+/g, ' '), `warning destination ${long} ${long}`);
    if (columns >= 60)
      assert.ok(
        plain.every((line) => line.length <= columns),
        plain.join('\n'),
      );
  });
}

test.run();
