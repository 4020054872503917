// takes: 25 s
// time limit: 900 s
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { entryOf } from '../../src/inbox/entry.ts';
import { openSpool } from '../../src/inbox/spool.ts';
import { replayOnce } from '../inbox/replaying.ts';
import { comment, openInbox } from '../inbox/rig.ts';
import { closeAll, serve } from '../origin/rig.ts';
import { suite } from '../support/suite.ts';
import { bundleChild, type Call, callsOf, type Ended, run, runWithFault } from './strace.ts';

const test = suite('the inbox, stopped at every system call', { needs: ['strace'] });

const ERRNOS = ['EIO', 'ENOSPC', 'EACCES'] as const;
const isFull = process.env['HOLDFAST_FAULTS'] === 'all';
const DISK = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:9';

let folder: string;
let bundle: string;
let made = 0;

test.before(async () => {
  folder = await mkdtemp(join(DISK, 'holdfast-inbox-faults-'));
  bundle = await bundleChild(folder, 'inbox-once.ts');
});

test.after(async () => {
  await closeAll();
  await rm(folder, { recursive: true });
});

/** A folder of its own, as another was. */
async function copyOf(prepared: string): Promise<string> {
  made += 1;
  const dir = join(folder, `run-${made}`);
  await cp(prepared, dir, { recursive: true });
  return dir;
}

const names = async (dir: string, of: string): Promise<readonly string[]> =>
  (await readdir(join(dir, 'state/inbox', of)).catch(() => [])).filter((name) => entryOf(name) !== undefined);

/** As many at once as there are processors on the smallest machine this runs on. */
async function onEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const source = items.values();
  const worker = async () => {
    for (const item of source) await work(item);
  };
  await Promise.all([worker(), worker()]);
}

/** A spool that has been opened before. */
async function prepared(): Promise<string> {
  const dir = await mkdtemp(join(folder, 'prepared-'));
  await openSpool(join(dir, 'state/inbox'));
  return dir;
}

/** Every call that names what stands in `dir`. */
const callsIn = async (dir: string, mode: string, origin: string): Promise<readonly Call[]> => {
  const one = await copyOf(dir);
  return callsOf(bundle, [one, mode, origin], one);
};

/**
 * Killed at a call that only reads, a program leaves the disk as it does when it is killed at the next that writes: of those every so manieth
 * has its turn, since what the origin was asked meanwhile differs.
 */
const killsIn = (calls: readonly Call[], every: number): readonly Call[] =>
  isFull ? calls : calls.filter(({ text: said }, n) => !/O_RDONLY|O_PATH/.test(said) || n % every === 0);

async function accepted(dir: string, fault?: { call: Call; name: string }): Promise<Ended> {
  const args = [dir, 'accept', NOWHERE];
  return fault === undefined ? run(bundle, args) : runWithFault(bundle, args, fault.call, fault.name);
}

test('accepting: killed or failed at any call, what was acknowledged is there, what was told lost is not, and the next is taken', async () => {
  const start = await prepared();
  const calls = await callsIn(start, 'accept', NOWHERE);
  assert.ok(calls.length >= 8, `${calls.length} calls`);
  const faults = [
    ...killsIn(calls, 6).map((call) => ({ call, name: 'signal=KILL' })),
    ...calls.flatMap((call, n) =>
      ERRNOS.filter((_, which) => isFull || (n % 3 === 0 && which === (n / 3) % ERRNOS.length)).map((errno) => ({
        call,
        name: `error=${errno}`,
      })),
    ),
  ];
  await onEach(faults, async (fault) => {
    const dir = await copyOf(start);
    const when = `${fault.name} at ${fault.call.name} ${fault.call.text.slice(0, 140)}`;
    const { code, stderr } = await accepted(dir, fault);
    const kept = await names(dir, 'new');
    if (fault.name === 'signal=KILL') assert.is(code, null, when);
    assert.ok(kept.length <= 1, when);
    if (code === 0) assert.is(kept.length, 1, `${when}: acknowledged, and not there`);
    if (code === 1) assert.is(kept.length, 0, `${when}: told lost, and there: ${stderr}`);
    const inbox = await openInbox(NOWHERE, {}, dir);
    assert.is((await inbox.post(comment())).status, 202, when);
    assert.is((await names(dir, 'new')).length, 1, `${when}: the same form is one file`);
    await inbox.close();
  });
  console.log(`${faults.length} faults put into accepting, at ${calls.length} calls`);
});

test('what is acknowledged was forced to the disk: the file before its rename, the folder after it', async () => {
  const calls = await callsIn(await prepared(), 'accept', NOWHERE);
  const rename = calls.findIndex(
    ({ name, text: said }) => name === 'rename' && /\/tmp\/[^"]+", "[^"]+\/new\//.test(said),
  );
  assert.ok(rename > 0);
  assert.ok(calls.slice(0, rename).some(({ name, text: said }) => name === 'fsync' && /\/tmp\/\d{13}\./.test(said)));
  assert.ok(calls.slice(rename).some(({ name, text: said }) => name === 'fsync' && /\/new>/.test(said)));
});

/** An origin that stores comments as WordPress does, and says of a second one that it is a double. */
async function wordpress(answer: (status: number) => number = (status) => status) {
  const stored = new Map<string, number>();
  const rig = await serve(async (request, response) => {
    if (request.method === 'GET') return void response.end(request.url === '/' ? 'front' : '[]');
    const words = new URLSearchParams(await text(request)).get('comment') ?? '';
    const times = stored.get(words) ?? 0;
    const status = answer(times > 0 ? 409 : 302);
    if (times === 0 && (status === 302 || status === 504)) stored.set(words, 1);
    response.writeHead(status, status === 302 ? { location: '/a/#comment-5' } : {}).end();
  });
  return { url: rig.url, stored };
}

test('replaying: killed at any call, the next replay delivers it, and the origin has it exactly once', async () => {
  const start = await prepared();
  assert.is((await accepted(start)).code, 0);
  const first = await wordpress();
  const calls = await callsIn(start, 'replay', first.url);
  assert.ok(calls.some(({ name, text: said }) => name === 'rename' && said.includes('/cur/')));
  const faults = [
    ...killsIn(calls, 3).map((call) => ({ call, name: 'signal=KILL' })),
    ...calls.filter((_, n) => isFull || n % 4 === 0).map((call) => ({ call, name: 'error=EIO' })),
  ];
  await onEach(faults, async ({ call, name }) => {
    const dir = await copyOf(start);
    const when = `${name} at ${call.name} ${call.text.slice(0, 140)}`;
    const origin = await wordpress();
    await runWithFault(bundle, [dir, 'replay', origin.url], call, name);
    assert.is((await replayOnce(dir, origin.url)).waiting, 0, when);
    assert.equal([...origin.stored.values()], [1], when);
    assert.is((await names(dir, 'done')).length, 1, when);
    assert.equal(await names(dir, 'quarantine'), [], when);
    await rm(dir, { recursive: true });
  });
  console.log(`${faults.length} faults put into a replay, at ${calls.length} calls`);
});

test('a reply that got lost after the origin stored it does not make two', async () => {
  const start = await prepared();
  assert.is((await accepted(start)).code, 0);
  let times = 0;
  const origin = await wordpress((status) => {
    times += 1;
    return times === 1 ? 504 : status;
  });
  assert.is((await run(bundle, [start, 'replay', origin.url])).code, 1);
  const [waiting = ''] = await names(start, 'new');
  assert.is(entryOf(waiting)?.sure, false);
  const spool = await openSpool(join(start, 'state/inbox'));
  const [entry] = await spool.list('new');
  assert.ok(entry);
  await spool.move(entry, 'new', 'new', { ...entry, due: 0 });
  assert.is((await run(bundle, [start, 'replay', origin.url])).code, 0);
  assert.equal([...origin.stored.values()], [1]);
});

test.run();
