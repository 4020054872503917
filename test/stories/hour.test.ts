// takes: 65 s
// waits
// time limit: 400 s
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { loadConfig } from '../../src/config/load.ts';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { siteOf } from '../../src/cycle/workplace.ts';
import { runReplay } from '../../src/inbox/run-replay.ts';
import type { Clock } from '../../src/model/clock.ts';
import type { LogReport } from '../../src/report/read.ts';
import { nginx } from '../edge/nginx-driver.ts';
import { DISK_BYTES, fill, mount, unmount } from '../faults/small-disk.ts';
import { type Demo, startDemo } from '../origins/demo/demo.ts';
import { freePort } from '../support/ports.ts';
import { accepts, type Program, ready, startProgram } from '../support/programs.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { type LogLine, type Resident, startResident } from '../support/resident.ts';
import { suite } from '../support/suite.ts';
import { type Cycle, late, type Sighting, type Stretch, type Terms, untilGood } from './hour/ages.ts';
import { type Errand, startVisitors, type Visit } from './hour/visitors.ts';
import { type Keeper, startKeeper } from './inbox/keeper.ts';
import { type Sent, sendComment } from './inbox/visitor.ts';

const test = suite('one hour of a launch, sixty times as fast', { needs: ['nginx', 'root'] });

/** A minute of that hour lasts a second. */
const SPEED = 60;
const HOT_MS = 1000;
const TAIL_MS = 10_000;
/** A resident process that is gone is followed within this, as the design has it; leases are not sped up. */
const FOLLOWED_MS = 15_000;
/** How long nginx believes what it has looked up, `open_file_cache_valid`. */
const OPEN_FILES_MS = 1000;
const READY_MS = 30_000;
const TAIL_PAGE = '/about/';
const EMBARGOED = '/result/';
/** In the middle of the time in which the origin is away. */
const EMBARGO_MINUTES = 12;

let demo: Demo;
let disk: string;
let scratch: string;
let server: Program;
let keeper: Keeper;
let port: number;
const machines: Project[] = [];
const residents: Resident[] = [];

test('what holds old pages against their intervals finds one that is too old, and leaves alone what is excused', () => {
  const terms: Terms = {
    made: [0, 1000, 2000, 10_000],
    interval: 1000,
    cycles: [
      { from: 1500, to: 2100, isGood: true },
      { from: 2500, to: 2900, isGood: true },
    ],
    excused: [{ from: 10_500, to: 12_000 }],
    slack: 500,
  };
  const seen = (at: number, edition: number): Sighting => ({ at, edition });
  assert.equal(late([seen(4000, 1), seen(4100, 1), seen(9999, 2), seen(12_100, 2), seen(99_999, 3)], terms), []);
  assert.equal(late([seen(4101, 1)], terms), [{ at: 4101, edition: 1, age: 2101, allowed: 2100 }]);
  assert.is(late([seen(13_000, 2)], { ...terms, excused: [] }).length, 1);
  assert.equal(untilGood({ from: 0, to: 1600 }, terms.cycles, 10), { from: 0, to: 2910 });
  assert.is(untilGood({ from: 0, to: 2600 }, terms.cycles, 10), undefined);
});

const config = (dir: string, listen: string): HoldfastConfig =>
  smallConfig(demo.url, {
    site: { name: 'Tidemark', url: `http://127.0.0.1:${port}` },
    origin: { url: demo.url, requestsPerSecond: 0, concurrency: 2, deadline: '3s' },
    lanes: [
      { name: 'hot', paths: ['/', demo.announcement], every: `${HOT_MS}ms` },
      { name: 'tail', paths: [TAIL_PAGE], sitemap: '/wp-sitemap.xml', every: `${TAIL_MS}ms`, limit: 15 },
    ],
    comments: [{ from: 'wordpress', page: demo.announcement, every: `${HOT_MS}ms`, counts: '.comments h2', newest: 0 }],
    edge: {
      for: ['nginx'],
      deadline: '3s',
      dynamic: [{ path: '/', query: ['s'] }],
      limits: { connections: 1000, requestsPerSecond: 10_000, burst: 10_000 },
    },
    inbox: { listen, deadline: '1s' },
    compose: { content: 'content' },
    run: { listen: '127.0.0.1:0' },
    schedule: { every: `${HOT_MS}ms` },
    destinations: [{ use: 'mirror', dir }],
  });

/** Another folder with the same configuration: another machine, as leases have it. */
async function openMachine(listen: string): Promise<Project> {
  const machine = await openProject(config(join(disk, 'www'), listen));
  machines.push(machine);
  await cp(new URL('../../content', import.meta.url), join(machine.dir, 'content'), { recursive: true });
  return machine;
}

function startRun(machine: Project): Resident {
  const run = startResident(machine.dir);
  residents.push(run);
  return run;
}

test.before(async () => {
  demo = await startDemo({ slow: false, posts: 12 });
  port = await freePort();
  disk = await mkdtemp(join(tmpdir(), 'holdfast-hour-'));
  scratch = await mkdtemp(join(tmpdir(), 'holdfast-hour-edge-'));
  assert.ok(mount(disk, `size=${DISK_BYTES},mode=755`), 'a small disk of its own');
  const listen = await freePort();
  const first = await openMachine(`127.0.0.1:${listen}`);
  await openMachine(`127.0.0.1:${listen}`);
  edit();
  // A machine with far too much to do may lose a lease.
  let published = await first.publish('--now');
  for (let tries = 0; published.exit === 1 && tries < 3; tries++) published = await first.publish('--now');
  assert.is(published.exit, 0, published.stderr);
  await serve(first);
  keeper = startKeeper(first.dir, listen);
  await keeper.ready();
});

test.after(async () => {
  await Promise.all(loops.map((loop) => loop.stop().catch(() => undefined)));
  for (const run of residents) await run.stop('SIGKILL');
  await keeper?.stop();
  await server?.stop();
  for (const machine of machines) await machine.close();
  await demo?.close();
  unmount(disk);
  await rm(disk, { recursive: true });
  await rm(scratch, { recursive: true });
});

/** nginx with what `holdfast edge nginx` prints. */
async function serve(machine: Project): Promise<void> {
  const { exit, stdout, stderr } = await machine.run(['edge', 'nginx']);
  assert.is(exit, 0, stderr);
  const place = { port, filesPort: 0, dir: join(disk, 'www'), scratch };
  for (const [path, text] of Object.entries(nginx.place([{ path: 'holdfast.conf', text: stdout }], place)))
    await writeFile(join(scratch, path), text);
  const [program, ...args] = nginx.serve(place)[0] ?? [''];
  server = startProgram(join(scratch, 'out'), program, args);
  await ready(server, () => accepts(port), READY_MS);
}

/** When each edition was made, by its number. */
const made: number[] = [];

/** The origin's editors at work: both hot pages and one of the tail say which edition they are of. */
function edit(): void {
  for (const path of [demo.announcement, TAIL_PAGE])
    demo.editPost(path, { excerpt: `This is edition ${made.length}.` });
  made.push(Date.now());
}

/** Does something again and again until `stop`; what is under way is waited for. */
function again(work: () => unknown, everyMs: number): Loop {
  let isOver = false;
  const going = (async () => {
    for (; !isOver; await wait(everyMs)) await work();
  })();
  const loop: Loop = {
    async stop() {
      isOver = true;
      await going;
    },
  };
  loops.push(loop);
  return loop;
}

interface Loop {
  stop(): Promise<unknown>;
}

/** All that goes on by itself, so that it ends with the test however that ends. */
const loops: Loop[] = [];

/** Counts by how much this process was late at most: the machine's share in any delay. */
function watchLateness(): Loop & { readonly most: number } {
  let most = 0;
  let before = performance.now();
  const watching = again(() => {
    most = Math.max(most, performance.now() - before - EACH_MS);
    before = performance.now();
  }, EACH_MS);
  return {
    stop: watching.stop,
    get most() {
      return most;
    },
  };
}
const EACH_MS = 20;

/** A clock on which an hour passes in a minute: for the sixteen seconds between two forms that are delivered. */
function fastClock(): Clock {
  const began = Date.now();
  const now = () => began + (Date.now() - began) * SPEED;
  return {
    now,
    monotonic: now,
    sleep: (ms, signal) => wait(ms / SPEED, undefined, signal === undefined ? {} : { signal }),
  };
}

/** A cycle by the line of the log that tells of its end; undefined for any other line. */
function cycleIn({ time, exit, seconds }: LogLine): Cycle | undefined {
  if (typeof exit !== 'number' || typeof seconds !== 'number') return undefined;
  const to = Date.parse(String(time));
  return { from: to - seconds * 1000, to, isGood: exit === 0 };
}

/** Waits for the end of a good cycle that begins from now on. */
async function untilGoodCycle(run: Resident): Promise<void> {
  const now = Date.now();
  await run.until((line) => {
    const cycle = cycleIn(line);
    return cycle?.isGood === true && cycle.from >= now;
  });
}

/** A page that is to be seen from a time on, and not before. */
async function embargo(until: number): Promise<void> {
  const text = `---\npermalink: ${EMBARGOED}\ntitle: The result\npublishAt: ${new Date(until).toISOString()}\n---\nNine hundred and four.\n`;
  for (const { dir } of machines) await writeFile(join(dir, 'content/result.md'), text);
}

/** All that happened, for the tests to hold against what was promised. */
interface Hour {
  readonly visits: readonly Visit[];
  readonly comments: readonly Sent[];
  readonly cycles: readonly Cycle[];
  /** When the origin was away or nobody could publish, and until the first good cycle after. */
  readonly excused: readonly Stretch[];
  readonly held: Stretch;
  /** When the page under embargo was to be seen. */
  readonly open: number;
  readonly slack: number;
}

let hour: Hour;
let report: LogReport;

const minutes = (count: number): Promise<void> => wait((count * 60_000) / SPEED);

test('the hour: looks, comments, a slow origin, none at all, a holding page, a machine that dies, a full disk', async () => {
  const [first, second] = machines as [Project, Project];
  const lateness = watchLateness();
  edit();
  const one = startRun(first);
  await one.until('published');
  const editing = again(edit, 700);
  const comments: Sent[] = [];
  const post = demo.posts().find(({ slug }) => demo.announcement.includes(slug))?.id ?? 0;
  const commenting = again(async () => {
    const nth = comments.length;
    comments.push(await sendComment(port, { nth, post, text: `comment ${nth} of the hour` }));
  }, 700);
  const loaded = await loadConfig({ cwd: first.dir, env: {} });
  const clock = fastClock();
  const replay = () =>
    runReplay({ loaded, site: siteOf(loaded), clock, log: () => undefined }, new AbortController().signal);
  const replaying = again(replay, 1500);
  const visitors = startVisitors({ port, errands: await errandsFor(first), titles: await titlesOf() });
  loops.push(visitors);
  const other = startRun(second);
  await other.until('passive');
  // Not before visitors ask: to start two machines takes a busy one long.
  const open = Date.now() + (EMBARGO_MINUTES * 60_000) / SPEED;
  await embargo(open);
  await minutes(5);

  demo.break('slow');
  await minutes(5);
  const away = { from: Date.now(), to: 0 };
  demo.break('refused');
  await minutes(3);
  const held = { from: Date.now(), to: 0 };
  assert.is((await first.run(['hold', 'on', 'maintenance'])).exit, 0);
  await minutes(2);
  assert.is((await first.run(['hold', 'off'])).exit, 0);
  held.to = Date.now();
  const died = Date.now();
  await one.stop('SIGKILL');
  await minutes(2);
  demo.mend();
  await other.until('took over');
  const followed = Date.now() - died;
  assert.ok(followed < FOLLOWED_MS + lateness.most, `followed after ${followed} ms`);
  away.to = Date.now();
  await untilGoodCycle(other);
  await minutes(4);

  const full = { from: Date.now(), to: 0 };
  const free = fill(disk);
  await other.until(({ exit }) => exit === 1);
  await minutes(2);
  await free();
  full.to = Date.now();
  const again1 = startRun(first);
  await again1.until('passive');
  await untilGoodCycle(other);
  await minutes(4);

  for (const each of [commenting, editing]) await each.stop();
  await minutes(2);
  const visits = await visitors.stop();
  await replaying.stop();
  for (let tries = 0; tries < 20 && (await replay()).waiting > 0; tries++) await wait(200);
  await lateness.stop();
  for (const run of [again1, other]) assert.is(await run.stop(), 0);
  const slack = OPEN_FILES_MS + lateness.most;
  const cycles = residents.flatMap(({ lines }) => lines.flatMap((line) => cycleIn(line) ?? []));
  const excused = [away, full].map((trouble) => untilGood(trouble, cycles, slack));
  assert.ok(
    excused.every((stretch) => stretch !== undefined),
    'a good cycle follows each trouble',
  );
  hour = { visits, comments, cycles, excused: excused as Stretch[], held, open, slack };
  await wait(OPEN_FILES_MS + 500);
  await server.stop();
  report = JSON.parse((await first.run(['report', join(scratch, 'access.log'), '--json'])).stdout);
});

/** Titles of holding pages, by which visitors know them. */
async function titlesOf(): Promise<ReadonlyMap<string, string>> {
  const folder = join(disk, 'www/current/_holdfast/holding');
  const names = await readdir(folder);
  const pages = names.filter((name) => name.endsWith('.html'));
  return new Map(
    await Promise.all(
      pages.map(async (name) => {
        const title = /<title>(.*?)<\/title>/s.exec(await readFile(join(folder, name), 'utf8'))?.[1] ?? '';
        return [title, name.replace('.html', '')] as const;
      }),
    ),
  );
}

async function errandsFor(machine: Project): Promise<readonly Errand[]> {
  const front = await readFile(join(disk, 'www/current/index.html'), 'utf8');
  const style = /href="(?:https?:\/\/[^/"]+)?(\/[^"?]+\.css)/.exec(front)?.[1];
  assert.ok(style, machine.dir);
  const page = { kind: 'static', status: 200, ends: '</html>' } as const;
  return [
    { ...page, path: '/' },
    { ...page, path: demo.announcement },
    { ...page, path: TAIL_PAGE },
    { path: style ?? '', kind: 'asset', status: 200, ends: '' },
    { path: '/?s=tide', kind: 'dynamic', status: 200, ends: '</html>' },
    { ...page, path: EMBARGOED, isToCome: true },
    { path: '/nowhere/', kind: '404', status: 404, ends: '</html>' },
  ];
}

test('no visitor got anything but a whole page or a holding page, and that only while the origin was away or a hold was on', () => {
  const { visits, excused, held, slack } = hour;
  const wrong = visits.filter(({ kind }) => kind === 'wrong');
  assert.equal(wrong.slice(0, 3), []);
  const [away] = excused;
  const within = (one: Visit, stretch: Stretch | undefined): boolean =>
    stretch !== undefined && one.at >= stretch.from && one.asked <= stretch.to + slack;
  const holding = visits.filter(({ kind }) => kind === 'holding');
  const stray = holding.filter((one) => !within(one, one.holding === 'maintenance' ? held : away));
  assert.equal(stray.slice(0, 3), []);
  const names = new Set(holding.map(({ holding: name }) => name));
  assert.equal([...names].sort(), ['busy', 'maintenance']);
  assert.ok(visits.length > 1000, `${visits.length} visits`);
});

for (const [what, path, interval] of [
  ['the front page', '/', HOT_MS],
  ['the announcement', '', HOT_MS],
  ['a page of the tail', TAIL_PAGE, TAIL_MS],
] as const) {
  test(`${what} was never older than its interval plus one cycle while the origin was up`, () => {
    const { visits, cycles, excused, slack } = hour;
    const address = path === '' ? demo.announcement : path;
    const sightings = visits.flatMap(({ path: asked, at, edition }) =>
      asked === address && edition !== undefined ? [{ at, edition }] : [],
    );
    assert.ok(new Set(sightings.map(({ edition }) => edition)).size >= 3, 'editions came and went');
    assert.equal(late(sightings, { made, interval, cycles, excused, slack }).slice(0, 3), []);
  });
}

test('what was under embargo was seen by nobody before its time, and by everybody a cycle after it', () => {
  const { visits, cycles, open, held, slack } = hour;
  const asked = visits.filter(({ path, kind }) => path === EMBARGOED && kind !== 'holding');
  const seen = asked.filter(({ kind }) => kind === 'static');
  const before = asked.filter(({ at }) => at < open).length;
  assert.ok(before >= 3 && seen.length > 10, `asked for ${before} times before its time, seen ${seen.length} times`);
  assert.equal(
    seen.filter(({ at }) => at < open).map(({ at }) => at - open),
    [],
  );
  const around = cycles.filter(({ from, to }) => to >= open && from <= held.from);
  const longest = Math.max(HOT_MS, ...around.map(({ from, to }) => to - from));
  const tooLate = asked.filter((one) => one.kind === '404' && one.asked > open + HOT_MS + 2 * longest + slack);
  assert.equal(
    tooLate.slice(0, 3).map((one) => one.asked - open),
    [],
  );
});

test('each comment that was acknowledged stands at the origin once, and on the page', async () => {
  const { comments } = hour;
  const texts = demo.comments(demo.announcement).map(({ text }) => text);
  const times = (wanted: string): number => texts.filter((text) => text === wanted).length;
  const acknowledged = comments.filter(({ status }) => status === 302 || status === 202);
  assert.equal(
    acknowledged
      .filter(({ text }) => times(text) !== 1)
      .map(({ text, status }) => `${text}: ${status}, ${times(text)} times`),
    [],
  );
  assert.equal(
    comments.filter(({ text }) => times(text) > 1),
    [],
  );
  assert.is(acknowledged.length, comments.length, 'none was lost: the inbox was there all the time');
  assert.ok(new Set(acknowledged.map(({ status }) => status)).size === 2, 'some by the origin, some by the inbox');
});

test('the report counts what was sent, by kind', () => {
  const { visits, comments } = hour;
  const sent: Record<string, number> = { inbox: comments.length };
  for (const { kind, holding } of visits) {
    const name = holding === undefined ? kind : `holding ${holding}`;
    sent[name] = (sent[name] ?? 0) + 1;
  }
  const counted = Object.fromEntries(
    report.kinds.map(({ kind, name, requests }) => [name === '' ? kind : `${kind} ${name}`, requests]),
  );
  assert.equal(counted, sent);
  assert.is(report.requests, visits.length + comments.length);
});

test.run();
