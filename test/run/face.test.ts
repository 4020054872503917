import * as assert from 'uvu/assert';
import { HoldfastError } from '../../src/model/errors.ts';
import { createMetrics } from '../../src/run/face/metrics.ts';
import { type Shown, statusPage } from '../../src/run/face/page.ts';
import { startServer } from '../../src/run/server.ts';
import { suite } from '../support/suite.ts';

const test = suite('the faces of the resident process');

const AT = '2027-02-02T09:00:00.000Z';
const run = (index: number, exit = 0) => ({
  ended: AT,
  seconds: 2,
  exit,
  releases: [],
  pages: { captured: index, unchanged: 5, kept: 0, failed: 0, gone: 0 },
  requests: 5,
  origin: { seconds: 2.5, ease: 1 / index },
  warnings: 0,
  stages: { look: 1.5, render: 0.2, publish: 0.3 },
});
const destination = (more: object = {}) => ({
  name: 'mirror',
  live: '20270202T085900Z-4f2a11223344',
  since: '2027-02-02T08:59:00.000Z',
  files: 120,
  settled: true,
  pinned: null,
  hold: { hold: null, how: 'flag', over: null, tooLong: false },
  holder: 'web1-00112233',
  unsure: 0,
  releases: 5,
  error: null,
  ...more,
});
const shown = (facts: object = {}, more: object = {}): Shown =>
  ({
    facts: {
      site: { name: 'Tide pools', url: 'https://www.example.org' },
      environment: 'production',
      at: AT,
      destinations: [destination()],
      caches: [],
      retention: { releases: 5, seconds: 172_800 },
      lanes: [{ name: 'hot', everySeconds: 60, ageSeconds: 30, state: 'fresh' }],
      kept: [],
      origin: { state: 'up', since: '2027-02-02T07:00:00.000Z' },
      comments: [],
      values: [],
      inbox: null,
      launch: null,
      ahead: { next: null, entry: null, embargoed: 0 },
      lastRun: run(1),
      history: [run(1), run(2, 1)],
      ...facts,
    },
    run: {
      started: AT,
      role: 'active',
      other: null,
      said: 'last cycle: mirror: nothing new',
      next: AT,
      cycles: 2,
      failures: 0,
      skipped: 0,
      ease: 1,
      alarms: [],
      configError: null,
      certificates: [{ of: 'site', host: 'www.example.org', until: '2027-05-01T00:00:00.000Z', trouble: null }],
      memory: 90e6,
      ...more,
    },
  }) as unknown as Shown;

const NOT_READY = 'Live, not ready for its instant';
/** A page goes live half an hour from now. */
const ahead = (more: object) => ({
  next: {
    at: '2027-02-02T09:30:00.000Z',
    shown: '09:30',
    why: 'embargo',
    ready: [{ destination: 'mirror', changes: 2, puts: 3, staged: 0 }],
    problem: null,
    missing: [],
    ...more,
  },
  entry: null,
  embargoed: 1,
});

test('the page says what is live, how old each lane is, and that all is well', () => {
  const html = statusPage(shown());
  for (const said of [
    'All is well',
    '4f2a1122',
    '30 s old of 1 min',
    'width:50%',
    'www.example.org: good until 2027-05-01',
    '5 releases, and all of the last 2 d',
    'up for 2 h, asked at full pace',
  ])
    assert.ok(html.includes(said), said);
});

test('what is not well comes first: alarms, a hold, a pin, launch mode', () => {
  const hold = { hold: { page: 'busy', since: AT }, how: 'flag', over: null, tooLong: false };
  const html = statusPage(
    shown(
      { destinations: [destination({ hold, pinned: 'x' })], launch: { since: AT, until: AT } },
      { alarms: ['3 cycles in a row failed'] },
    ),
  );
  const places = [
    '<b>Needs a look',
    '<p class="banner bad">3 cycles in a row failed',
    '<p class="banner">HOLD at mirror',
    'since 2027-02-02 09:00 UTC',
    'PINNED at mirror',
    'LAUNCH MODE',
    'Live</h2>',
  ].map((said) => html.indexOf(said));
  assert.ok(!places.includes(-1), places.join());
  assert.equal(
    places,
    places.toSorted((one, other) => one - other),
    'the gravest first',
  );
});

const certificates: [name: string, until: string | null, trouble: string | null, said: string][] = [
  ['that is about to run out', '2027-02-12T09:00:00.000Z', null, '<dd class="bad">www.example.org: good for 10 d more'],
  ['that ran out', '2027-02-01T09:00:00.000Z', null, '<dd class="bad">www.example.org: ran out on 2027-02-01'],
  ['that nobody shows', null, 'could not be asked for', '<dd class="bad">www.example.org: could not be asked for'],
];
for (const [name, until, trouble, said] of certificates)
  test(`a certificate ${name} stands out`, () => {
    const html = statusPage(shown({}, { certificates: [{ of: 'site', host: 'www.example.org', until, trouble }] }));
    assert.ok(html.includes(said), html);
  });

const unwell: [name: string, facts: object, run: object, said: string][] = [
  [
    'a destination that cannot be read',
    { destinations: [destination({ error: 'gone' })] },
    {},
    'A destination cannot be read',
  ],
  ['a cycle that failed', {}, { failures: 1 }, 'Live, the last cycle failed'],
  ['an origin that is down', { origin: { state: 'down', since: AT } }, {}, 'Live, the origin is down'],
  ['an instant for which nothing can be made', { ahead: ahead({ problem: 'template-broken' }) }, {}, NOT_READY],
  [
    'one destination of which is not ready',
    { ahead: ahead({ missing: [{ destination: 'cdn', problem: null }] }) },
    {},
    NOT_READY,
  ],
];
for (const [name, facts, more, said] of unwell)
  test(`${name} is no state that is well`, () => {
    assert.ok(statusPage(shown(facts, more)).includes(`<title>${said}:`));
  });

test('what is not ready for its instant stands out', () => {
  const missing = [{ destination: 'cdn', problem: 'destination-unwritable' }];
  const html = statusPage(shown({ ahead: ahead({ missing }) }));
  assert.match(html, /<p class="banner bad">LIVE at [^<]*: cdn NOT READY \(destination-unwritable\); mirror ready/);
});

test('what is ready for an instant is well, and counted down', () => {
  const html = statusPage(shown({ ahead: ahead({}) }));
  assert.match(html, /<title>All is well/);
  assert.match(
    html,
    /<p class="banner">LIVE at 09:30, in 00:30:00 \(embargo\): mirror ready, 3 files to put, 2 that visitors have now change/,
  );
});

test('the last cycles are plotted: time by stage, failures, new pages, requests, what the origin took, and how much of its budget it bore', () => {
  const { origin: _, ...older } = run(4);
  const html = statusPage(shown({ history: [run(1), run(2, 1), older] }));
  for (const said of [
    'The last 3 cycles: the longest took 2.0 s, 1 failed',
    // 1.5 of 2 seconds from the ground up, then 0.2, then 0.3.
    '<path class="k-look" d="M0 100V25h.8V100M1 100V25h.8V100M2 100V25h.8V100"/>',
    '<path class="k-render" d="M0 25V15h.8V25',
    '<path class="k-publish" d="M0 15V0h.8V15',
    '<path class="k-fail" d="M1 106V100h.8V106"/>',
    '<dt>new pages: 7, most 4</dt>',
    'd="M0 100V75h.8V100M1 100V50h.8V100M2 100V0h.8V100"',
    '<dt>requests: 15, most 5</dt>',
    '<dt>origin: 5.0 s, most 2.5 s</dt>',
    'd="M0 100V0h.8V100M1 100V0h.8V100"',
    '<dt>budget: least 50 %</dt>',
    'd="M0 100V0h.8V100M1 100V50h.8V100M2 100V0h.8V100"',
  ])
    assert.ok(html.includes(said), said);
});

test('a pinned release is no state that is well', () => {
  const html = statusPage(shown({ destinations: [destination({ pinned: 'x' })] }));
  assert.match(html, /<title>On a pinned release/);
});

test('comments that cannot be read, and values that fail, are said to be old, with the reason', () => {
  const failing = { everySeconds: 60, ageSeconds: 720, trouble: 'answered 500' };
  const html = statusPage(
    shown({
      comments: [{ page: '/post/', count: 12, ...failing }],
      values: [{ name: 'raised', computing: false, ...failing, trouble: 'exited 1' }],
    }),
  );
  for (const said of [
    'Live, comments are old',
    '<b>/post/</b> 12 comments, read 12 min ago of 1 min<br><strong>fails</strong>',
    'answered 500',
    '<b>raised</b>, computed 12 min ago of 1 min',
    'exited 1',
  ])
    assert.ok(html.includes(said), said);
});

test('a page that is kept is named with its reason and a link to it', () => {
  const since = Date.parse(AT) - 120_000;
  const kept = [
    { address: '/news/', lane: 'hot', problem: 'status', text: 'answered 500', since, goodAt: since - 60_000 },
  ];
  const html = statusPage(shown({ kept }));
  assert.ok(html.includes('Live, some pages kept'));
  assert.match(
    html,
    /<a href="https:\/\/www\.example\.org\/news\/">\/news\/<\/a> status for 2 min, last good 3 min ago.*answered 500/,
  );
});

test('what an origin or a person calls something is text, and the page asks nobody else for anything', () => {
  const evil = '<script>alert(1)</script>';
  const kept = [{ address: '/"onload=x', lane: 'hot', problem: 'status', text: evil, since: 0, goodAt: 0 }];
  const html = statusPage(shown({ site: { name: evil, url: 'https://www.example.org' }, kept }));
  assert.not.ok(html.includes(evil));
  assert.not.match(html, /<(?:img|iframe)|<link (?!rel="icon" href="data:,")|src="(?!\/live\.js")|url\(/);
});

test('where the state cannot be read an answer says so by its code, and not a word more', async () => {
  const broken = async (): Promise<never> => {
    throw new HoldfastError('state-damaged', '/srv/secret/snapshot.jsonl cannot be read');
  };
  const server = await startServer({ listen: '127.0.0.1:0', hosts: () => [], routes: { 'GET /': broken } });
  try {
    const answer = await fetch(server.url);
    assert.equal([answer.status, await answer.text()], [500, 'state-damaged: the log of the process says more\n']);
  } finally {
    await server.close();
  }
});

for (const length of [1, 1500])
  test(`on the worst day it stays below 50 KB, with addresses of ${length} characters and more too`, () => {
    const kept = Array.from({ length: 5000 }, (_, index) => ({
      address: `/page/${'long'.repeat(length / 4)}${index}/`,
      lane: 'tail',
      problem: 'status',
      text: 'answered 500 '.repeat(20),
      since: 0,
      goodAt: 0,
    }));
    const history = Array.from({ length: 120 }, (_, index) => run(index, index % 2));
    const html = statusPage(shown({ kept, history }));
    assert.ok(Buffer.byteLength(html) < 50_000, `${Buffer.byteLength(html)}`);
    const listed = html.split('<a href="https://www.example.org/page/').length - 1;
    assert.ok(listed > 3 && html.includes(`and ${5000 - listed} more`), `${listed} listed`);
  });

test('metrics have names that Prometheus takes, with their units', async () => {
  const text = await createMetrics().text(shown());
  const names = [...text.matchAll(/^# TYPE (\S+) (\S+)/gm)].map(([, name = '', type]) => [name, type] as const);
  assert.ok(names.length > 10);
  for (const [name, type] of names) {
    assert.match(name, /^holdfast_[a-z_]+$/);
    assert.is(name.endsWith('_total'), type === 'counter', name);
  }
  assert.match(text, /holdfast_lane_age_seconds\{lane="hot"\} 30/);
});

test('metrics say how old comments and values are, which fail, and what waits in the inbox; what is gone is not said again', async () => {
  const metrics = createMetrics();
  const comments = [
    { page: '/launch/', count: 1001, everySeconds: 60, ageSeconds: 42, trouble: null },
    { page: '/new/', count: 0, everySeconds: 60, ageSeconds: null, trouble: 'answered 500' },
  ];
  const values = [{ name: 'sold', everySeconds: 600, ageSeconds: 7, computing: false, trouble: null }];
  const inbox = { waiting: 2, delivering: 1, refused: 4, torn: 0, oldest: 1_800_000_000_000 };
  const text = await metrics.text(shown({ comments, values, inbox }));
  const said = text.split('\n').filter((line) => /^holdfast_(comments|value|inbox)_/.test(line));
  assert.equal(said.sort(), [
    'holdfast_comments_age_seconds{page="/launch/"} 42',
    'holdfast_comments_failing{page="/launch/"} 0',
    'holdfast_comments_failing{page="/new/"} 1',
    'holdfast_comments_interval_seconds{page="/launch/"} 60',
    'holdfast_comments_interval_seconds{page="/new/"} 60',
    'holdfast_comments_shown{page="/launch/"} 1001',
    'holdfast_comments_shown{page="/new/"} 0',
    'holdfast_inbox_oldest_timestamp_seconds 1800000000',
    'holdfast_inbox_refused 4',
    'holdfast_inbox_waiting 3',
    'holdfast_value_age_seconds{value="sold"} 7',
    'holdfast_value_failing{value="sold"} 0',
    'holdfast_value_interval_seconds{value="sold"} 600',
  ]);
  assert.not.match(await metrics.text(shown()), /\{page=|\{value=/);
});

test.run();
