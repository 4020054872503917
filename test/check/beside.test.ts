import { chmod, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer as createTls } from 'node:tls';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import * as assert from 'uvu/assert';
import { checkAlerts } from '../../src/check/alerts.ts';
import { checkCertificates } from '../../src/check/certificates.ts';
import { checkComments } from '../../src/check/comments.ts';
import type { Finding } from '../../src/check/finding.ts';
import { judgeHolding } from '../../src/check/holding.ts';
import { checkInbox } from '../../src/check/inbox.ts';
import { checkSchedule, type Rhythm } from '../../src/check/schedule.ts';
import { checkValues } from '../../src/check/values.ts';
import type { LoadedConfig } from '../../src/config/load.ts';
import { configSchema, type HoldfastConfig } from '../../src/config/schema.ts';
import { systemClock } from '../../src/model/clock.ts';
import { createOrigin } from '../../src/origin/client.ts';
import { openElsewhere } from '../../src/origin/elsewhere.ts';
import { freePort } from '../support/ports.ts';
import { smallConfig } from '../support/project.ts';
import { selfSigned } from '../support/self-signed.ts';
import { page, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';
import { inFolder } from './folder.ts';

const signal = new AbortController().signal;
const said = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ level, text }) => `${level}: ${text}`);
const configOf = (more: Partial<HoldfastConfig> = {}, origin = 'http://127.0.0.1:1') =>
  configSchema.parse(smallConfig(origin, more));
const loadedIn = (root: string, more: Partial<HoldfastConfig>, origin?: string): LoadedConfig => ({
  config: configOf(more, origin),
  environment: 'production',
  root,
  path: join(root, 'x'),
  stateDir: join(root, '.holdfast/production'),
  secrets: [],
});

const test = suite('checks of what stands beside a cycle', { needs: ['openssl'] });

const NOW = Date.parse('2027-02-02T09:00:00Z');
const ago = (seconds: number): number => NOW - seconds * 1000;
const SCHEDULES: readonly [rhythm: Omit<Rhythm, 'now'>, config: Partial<HoldfastConfig>, line: RegExp][] = [
  [{ last: undefined, other: undefined }, {}, /^warn: nothing was published from here yet$/],
  [{ last: undefined, other: 'b-1' }, {}, /^ok: this machine never published; b-1 is at work$/],
  [{ last: ago(170), other: undefined }, {}, /^ok: the last run ended 2 min ago, and is to be each 1 min$/],
  [{ last: ago(190), other: undefined }, {}, /^warn: the last run ended 3 min ago, and is to be each 1 min$/],
  [{ last: ago(190), other: undefined }, { schedule: { every: '5m' } }, /^ok: .* each 5 min$/],
  [{ last: ago(190), other: 'b-1' }, {}, /^ok: .*; b-1 is at work$/],
  [
    { last: ago(3 * 3600 - 60), other: undefined },
    { schedule: { cron: '0 * * * *' } },
    /^ok: .* by 0 \* \* \* \* \(UTC\)$/,
  ],
  [
    { last: ago(3 * 3600 + 60), other: undefined },
    { schedule: { cron: '0 * * * *' } },
    /^warn: the last run ended 3 h ago/,
  ],
];
for (const [rhythm, config, line] of SCHEDULES) {
  test(`schedule: ${line.source}`, () => {
    assert.match(said(checkSchedule(configOf(config), { ...rhythm, now: NOW })).join('\n'), line);
  });
}

test('holding pages: those the configuration names must be there, and the largest is held against each limit', () => {
  const pages = ['busy', 'launch'].map((name, n) => ({ name, html: Buffer.alloc(1000 * (n + 1), `${n}`) }));
  assert.equal(said(judgeHolding(pages, configOf({ edge: { for: ['haproxy'] } }))), [
    'ok: busy, launch: the largest, launch, is 1.0 KB compressed of 14.6 KB (one first flight of TCP)',
    "ok: the largest, launch, is 3.0 KB plain of 15.4 KB (HAProxy's error file)",
  ]);
  const wrong = said(judgeHolding(pages, configOf({ edge: { holding: 'storm' }, inbox: {} }))).slice(1);
  assert.equal(wrong, [
    'fail: there is no holding page storm: edge.holding names it',
    'fail: there is no holding page not-kept: the inbox shows it where it cannot keep a comment',
  ]);
});

test('values: each is asked for once, a program too, and one that fails says why', async () => {
  await inFolder(async (folder) => {
    const site = await startSite({
      '/count.json': { headers: { 'content-type': 'application/json' }, body: '{"members": 7}' },
    });
    const every = '1h';
    const loaded = loadedIn(
      folder,
      {
        values: [
          { name: 'members', from: 'json', url: '/count.json', pick: 'members', every },
          { name: 'posts', from: 'json', url: '/count.json', pick: 'posts', every },
          { name: 'sum', from: 'command', run: ['/bin/echo', '42'], every },
          { name: 'slow', from: 'command', run: ['/bin/sleep', '9'], every, deadline: '200ms' },
        ],
      },
      site.url,
    );
    const found = await checkValues(loaded, signal);
    await site.close();
    assert.equal(
      said(found).map((line) => line.replace(/\d\.\d s/, 'N s')),
      [
        'ok: members: computed in N s',
        'fail: posts: /count.json: there is nothing at posts',
        'ok: sum: computed in N s',
        'fail: slow: /bin/sleep: it took longer than N s',
      ],
    );
    assert.equal(site.hits(), ['/count.json', '/count.json']);
    assert.ok(found.every(({ level, hint }) => level === 'ok' || hint !== undefined));
  });
});

test('certificates: one near its end is a warning, one that ran out fails, one that cannot be read is said', async () => {
  const server = createTls(await selfSigned(10));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const config = configOf(
    { site: { name: 'x', url: 'http://www.example.org' } },
    `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
  );
  const at = async (days: number) => said(await checkCertificates(config, Date.now() + days * 86_400_000));
  const until = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
  assert.equal(await at(-5), [`ok: origin: 127.0.0.1: good until ${until}`]);
  assert.equal(await at(0), ['warn: origin: 127.0.0.1: good for 9 d more']);
  assert.equal(await at(11), [`fail: origin: 127.0.0.1: ran out on ${until}`]);
  await new Promise((resolve) => server.close(resolve));
  assert.match((await at(0)).join(), /^warn: origin: 127\.0\.0\.1: could not be asked for$/);
});

test('alerts: hosts and programs are looked for, nothing is sent, and no address is told', async () => {
  await inFolder(async (folder) => {
    let requests = 0;
    const server = createServer(() => {
      requests += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await writeFile(join(folder, 'page-me'), '#!/bin/sh\n');
    await chmod(join(folder, 'page-me'), 0o755);
    const closed = `http://127.0.0.1:${await freePort()}/canary`;
    const config = configOf({
      alerts: [
        { use: 'webhook', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/canary` },
        { use: 'webhook', name: 'away', url: closed },
        { use: 'command', run: ['./page-me', 'canary'] },
        { use: 'command', name: 'none', run: ['holdfast-no-such-program'] },
      ],
      heartbeat: closed,
    });
    const found = await checkAlerts(config, folder, signal);
    server.close();
    assert.equal(said(found), [
      'ok: webhook: its host takes connections; nothing was sent',
      'fail: away: its host cannot be reached: ECONNREFUSED',
      'ok: command: ./page-me is there',
      'fail: none: holdfast-no-such-program cannot be started',
      'fail: heartbeat: its host cannot be reached: ECONNREFUSED',
    ]);
    assert.is(requests, 0);
    assert.not.match(JSON.stringify(found), 'canary');
  });
});

test('the inbox: its spool, its keys, its service, and the paths that the edge sends to it', async () => {
  await inFolder(async (folder) => {
    const identity = await generateX25519Identity();
    const [recipient, other] = [await identityToRecipient(identity), await generateX25519Identity()];
    const server = createServer((request, response) =>
      response.writeHead(request.url === '/_holdfast/inbox' ? 204 : 404).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const listen = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const of = async (inbox: HoldfastConfig['inbox']) => said(await checkInbox(loadedIn(folder, { inbox }), signal));
    assert.equal(await of({ listen, recipient, replay: { identity } }), [
      `ok: its spool ${folder}/.holdfast/production/inbox can be written`,
      'ok: what it keeps is sealed, and the private key opens it',
      `ok: it listens at ${listen}`,
    ]);
    const closed = `127.0.0.1:${await freePort()}`;
    const wrong = await of({
      listen: closed,
      recipient,
      replay: { identity: other },
      forms: [{ use: 'fields', path: '/say', text: 'words' }],
      limits: { bytes: '9000GB' },
    });
    server.close();
    assert.match(wrong[0] ?? '', /^warn: its spool \S+ may take 9000000 MB, and the disk has \d+ MB$/);
    assert.match(wrong[1] ?? '', /^fail: its keys are not of one pair: /);
    assert.match(
      wrong[2] ?? '',
      /^warn: it does not listen at \S+ \(ECONNREFUSED\): who comments gets the holding page$/,
    );
    assert.is(wrong[3], 'fail: the edge does not send /say to it');
    assert.match((await of({ listen: closed }))[1] ?? '', /^warn: what it keeps is not sealed/);
  });
});

test('sources of comments are asked once each; one that answers something else fails, with what', async () => {
  await inFolder(async (folder) => {
    const site = await startSite({
      '/wp-json/wp/v2/comments': {
        headers: { 'content-type': 'application/json', 'x-wp-total': '24' },
        body: '[{"id":1}]',
      },
      '/feed/': { headers: { 'content-type': 'application/rss+xml' }, body: '<rss></rss>' },
      '/list.json': page('Oops', 'no JSON'),
    });
    const loaded = loadedIn(
      folder,
      {
        comments: [
          { from: 'wordpress', page: '/a/', post: 12 },
          { from: 'feed', page: '/b/', url: '/feed/' },
          { from: 'json', page: '/c/', url: '/list.json' },
          { from: 'json', page: '/d/', url: '/none.json' },
          { from: 'command', page: '/e/', run: ['sh', '-c', 'touch started'] },
        ],
      },
      site.url,
    );
    const { config } = loaded;
    const origin = createOrigin({ config: config.origin, siteUrl: config.site.url, version: 'x' });
    const elsewhere = openElsewhere(config, systemClock);
    const found = said(await checkComments(loaded, { origin, elsewhere }, signal));
    await Promise.all([origin.close(), elsewhere.close()]);
    const hits = site.hits();
    await site.close();
    assert.equal(found.slice(0, 2), [
      'ok: /a/ from wordpress: it answers, 24 comments',
      'ok: /b/ from feed: it answers, 0.0 KB',
    ]);
    assert.match(found[2] ?? '', /^fail: \/c\/ from json: \/list\.json did not answer with JSON$/);
    assert.match(found[3] ?? '', /^fail: \/d\/ from json: \/none\.json answered 404$/);
    assert.is(found[4], 'ok: /e/ from command: sh is there; it was not started');
    assert.is(hits.length, 4, hits.join());
  });
});

test.run();
