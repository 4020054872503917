import * as assert from 'uvu/assert';
import { HoldfastError } from '../../src/model/errors.ts';
import type { ControlRecord } from '../../src/publish/control.ts';
import type { Destination } from '../../src/publish/destination.ts';
import type { S3Options } from '../../src/publish/destinations/s3.ts';
import {
  guardOf,
  pruning,
  publish,
  read,
  record,
  recordOf,
  releaseOf,
  standing,
  transfer,
} from '../conformance/releases.ts';
import { type FaultyProxy, firstOf, type SeenRequest, startFaultyProxy } from '../support/faulty-proxy.ts';
import {
  after,
  before,
  conflict,
  cutAnswer,
  cutRequest,
  type Fault,
  neverAnswered,
  pause,
  preconditionFailed,
  serverError,
  slowDown,
} from '../support/proxy-faults.ts';
import { suite } from '../support/suite.ts';
import { type BucketPlace, failure, openPlace } from './bucket.ts';
import { startUnconditional } from './unconditional.ts';

const test = suite('a bucket and its conditions', { needs: ['ceph'] });
const signal = new AbortController().signal;
let place: BucketPlace;
let proxy: FaultyProxy;

test.before.each(async () => {
  place = await openPlace();
  proxy = await startFaultyProxy(place.bucket.endpoint);
});
test.after.each(async () => {
  place.close();
  await proxy.close();
});

/** A driver behind the proxy; tries follow each other without a pause. */
function throughProxy(more: Partial<S3Options> = {}): Destination {
  return place.open({ endpoint: proxy.url, clock: { ...CLOCK, sleep: async () => undefined }, ...more });
}

const CLOCK = { now: () => Date.now(), monotonic: () => performance.now() };
const isPut =
  (end: string) =>
  ({ method, path }: SeenRequest): boolean =>
    method === 'PUT' && path.endsWith(end);
/** The request has its effect, and the connection is reset before a byte of the answer. */
const lostAnswer = (): Fault =>
  after(() => {
    throw new Error('reset, as told');
  });
const isRecordPut = isPut('/control.json');

/** A destination with a record, and what moves it on. */
async function claimed(s3: Destination): Promise<{ next: ControlRecord; version: string }> {
  const conditions = await s3.control.probe(signal);
  const first = recordOf({ conditions, lineage: 'mine' });
  return { next: { ...first, generation: 1 }, version: await s3.control.swap(first, undefined, signal) };
}

test('Ceph takes conditions without quotation marks, which is found out by five requests that leave nothing', async () => {
  const s3 = place.open();
  assert.is(await s3.control.probe(signal), 'bare');
  assert.is(s3.requests, 6);
  assert.equal(await place.keys(), []);
});

test('a store that ignores conditions is known for it, also when each goes through', async () => {
  const store = await startUnconditional(place.bucket);
  try {
    const s3 = place.open({ endpoint: store.endpoint });
    const { next, version } = await claimed(s3);
    assert.is(next.conditions, 'ignored');
    assert.is((await s3.control.read(signal))?.version, version);
    await s3.control.swap(next, version, signal);
    await failure(s3.control.swap({ ...next, generation: 2 }, version, signal), 'destination-moved');
    await failure(s3.control.swap(next, undefined, signal), 'destination-moved');
    const first = releaseOf(1, { 'index.html': 'old' });
    await publish(s3, first);
    await publish(s3, releaseOf(2, { 'index.html': 'new' }), first);
    assert.is(String(await read(s3, 'index.html')), 'new');
  } finally {
    await store.close();
  }
});

for (const at of [1, 2, 3, 4, 5]) {
  test(`an answer lost at request ${at} of the trial changes nothing of what is found`, async () => {
    proxy.on(at, lostAnswer());
    assert.is(await throughProxy().control.probe(signal), 'bare');
    assert.equal(await place.keys(), []);
  });
}

test('of twenty that claim an empty bucket one wins, and of twenty that move one record', async () => {
  const conditions = await place.open().control.probe(signal);
  const race = async (expected: string | undefined, generation: number) => {
    const ended = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        place.open().control.swap(recordOf({ conditions, generation, lineage: `machine ${n}` }), expected, signal),
      ),
    );
    const lost = ended.flatMap((one) => (one.status === 'rejected' ? [(one.reason as { code?: string }).code] : []));
    assert.equal(lost, Array(19).fill('destination-moved'));
    const won = ended.findIndex(({ status }) => status === 'fulfilled');
    const state = await place.open().control.read(signal);
    assert.is(state?.record.lineage, `machine ${won}`);
    return state?.version;
  };
  await race(await race(undefined, 0), 1);
});

const RECOVERED: readonly (readonly [what: string, fault: () => Fault, times: number])[] = [
  ['is cut on its way', cutRequest, 1],
  ['is carried out and its answer lost', lostAnswer, 1],
  ['is carried out and never answered', neverAnswered, 1],
  ['meets another one at once, four times', conflict, 4],
  ['meets a server in trouble, four times', serverError, 4],
  ['is refused by mistake', preconditionFailed, 1],
];

for (const [what, fault, times] of RECOVERED) {
  test(`a move of the record that ${what} succeeds`, async () => {
    const s3 = throughProxy();
    const { next, version } = await claimed(s3);
    proxy.on(firstOf(isRecordPut, times), fault());
    const moved = await s3.control.swap(next, version, signal);
    const state = await place.open().control.read(signal);
    assert.equal([state?.record, state?.version], [next, moved]);
  });

  test(`a first record that ${what} succeeds`, async () => {
    const s3 = throughProxy();
    const conditions = await s3.control.probe(signal);
    proxy.on(firstOf(isRecordPut, times), fault());
    await s3.control.swap(recordOf({ conditions }), undefined, signal);
    assert.ok(await place.open().control.read(signal));
  });
}

test('a move whose answer is lost while another publisher moves the record has failed', async () => {
  const s3 = throughProxy();
  const { next, version } = await claimed(s3);
  const theirs = { ...next, lineage: 'theirs' };
  proxy.on(
    firstOf(isRecordPut),
    before(async () => void (await place.open().control.swap(theirs, version, signal))),
  );
  proxy.on(firstOf(isRecordPut), cutRequest(0));
  await failure(s3.control.swap(next, version, signal), 'destination-moved');
  assert.is((await place.open().control.read(signal))?.record.lineage, 'theirs');
});

test('a store that stays in trouble fails the move, and what it says is in the error', async () => {
  const s3 = throughProxy();
  const { next, version } = await claimed(s3);
  proxy.on(isRecordPut, slowDown());
  const error = await failure(s3.control.swap(next, version, signal), 'destination-unwritable');
  assert.match(error.message, /SlowDown/);
  assert.is((await s3.control.read(signal))?.version, version);
});

test('a page that somebody else writes between its keeping and its put is left as it is', async () => {
  const s3 = throughProxy();
  const first = releaseOf(1, { 'index.html': 'old' });
  await transfer(s3, first);
  await record(s3, first);
  proxy.on(
    firstOf(isPut('/index.html')),
    before(() => place.tamper('index.html', { Body: 'theirs' })),
  );
  const second = releaseOf(2, { 'index.html': 'new' });
  await failure(transfer(s3, second, first), 'destination-moved');
  assert.is(String((await place.stored('index.html'))?.body), 'theirs');
});

for (const [what, fault] of [
  ['was carried out and its answer lost', lostAnswer],
  ['was cut on its way', cutRequest],
  ['met a server in trouble', serverError],
] as const) {
  test(`a page whose put ${what} is put, and its kept copy is the old one`, async () => {
    const s3 = throughProxy();
    const [first, second] = [releaseOf(1, { 'index.html': 'old' }), releaseOf(2, { 'index.html': 'new' })];
    await publish(s3, first);
    proxy.on(firstOf(isPut('/index.html')), fault());
    await publish(s3, second, first);
    assert.is(String(await read(s3, 'index.html')), 'new');
    const back = await s3.begin(first.manifest, standing(second, { source: first.manifest }), signal);
    await back.restore(first.file('index.html'));
    assert.is(String(await read(s3, 'index.html')), 'old');
  });
}

test('a put that failed although it was carried out can be repeated, and its kept copy stays the old one', async () => {
  const s3 = throughProxy();
  const [first, second] = [releaseOf(1, { 'index.html': 'old' }), releaseOf(2, { 'index.html': 'new' })];
  await publish(s3, first);
  const open = await s3.begin(second.manifest, standing(first), signal);
  const put = () => open.put(second.file('index.html'), second.open(second.file('index.html')));
  proxy.on(firstOf(isPut('/index.html')), lostAnswer());
  proxy.on(
    firstOf(({ method }) => method === 'HEAD', 5),
    serverError(),
  );
  await failure(put(), 'destination-unwritable');
  await put();
  await open.commit(guardOf(s3));
  const back = await s3.begin(first.manifest, standing(second, { source: first.manifest }), signal);
  await back.restore(first.file('index.html'));
  assert.is(String(await read(s3, 'index.html')), 'old');
});

test('a publisher that lost its lease while it slept takes nothing away', async () => {
  const s3 = place.open();
  const [first, second] = [releaseOf(1, { 'a.html': 'a', 'b.html': 'b' }), releaseOf(2, { 'a.html': 'A' })];
  await publish(s3, first);
  await transfer(s3, second, first);
  const before = (await place.keys()).filter((key) => !key.startsWith('_holdfast/kept/'));
  const guard = () => Promise.reject(new HoldfastError('lease-lost', 'slept'));
  const more = { retired: [first.manifest], dropped: [first.manifest], guard };
  await failure(s3.prune({ ...pruning(s3, second), ...more }, signal), 'lease-lost');
  assert.equal(
    (await place.keys()).filter((key) => !key.startsWith('_holdfast/kept/')),
    before,
  );
});

test('where a copy has an ETag of its own, as keys of the store’s make it, one page is looked at and the others are put without a condition', async () => {
  const s3 = throughProxy();
  const first = releaseOf(1, { 'a.html': 'old', 'b.html': 'old b', 'c.html': 'old c' });
  const second = releaseOf(2, { 'a.html': 'new', 'b.html': 'new b', 'c.html': 'new c' });
  await publish(s3, first);
  const body = '<CopyObjectResult><ETag>"0123456789abcdef0123456789abcdef"</ETag></CopyObjectResult>';
  const isCopy = ({ headers }: SeenRequest) => headers['x-amz-copy-source'] !== undefined;
  proxy.on(isCopy, {
    name: 'a copy encrypted anew',
    before: ({ path, headers }) => place.copy(String(headers['x-amz-copy-source']), path),
    instead: { status: 200, type: 'application/xml', body },
  });
  await transfer(s3, second, first);
  for (const [path, content] of second.contents) assert.equal(await read(s3, path), content);
  const puts = proxy.requests.filter(isPut('.html')).slice(first.contents.size);
  const seen = puts.map(({ headers, status }) => [headers['if-match'] !== undefined, status]);
  assert.equal(seen, [
    [true, 412],
    [true, 200],
    [false, 200],
    [false, 200],
  ]);
});

test('an upload whose last answer is lost has succeeded', async () => {
  const s3 = throughProxy();
  const body = Buffer.alloc(17 * 1_048_576, 'tide ');
  const release = releaseOf(1, { 'film.mp4': body });
  const isEnd = ({ method, path }: SeenRequest) => method === 'POST' && path.includes('uploadId');
  proxy.on(firstOf(isEnd), cutAnswer());
  await transfer(s3, release);
  assert.ok((await read(s3, 'film.mp4'))?.equals(body));
});

test('an answer that breaks off in the middle is an error of the network, not a shorter page', async () => {
  const s3 = throughProxy();
  await publish(s3, releaseOf(1, { 'a.bin': Buffer.alloc(300_000, 'a') }));
  proxy.on(({ method, path }) => method === 'GET' && path.endsWith('a.bin'), cutAnswer());
  await failure(read(s3, 'a.bin'), 'destination-unwritable');
});

test('a request that is held stops with its signal, with what was said', async () => {
  const s3 = throughProxy();
  await s3.control.read(signal);
  const held = pause();
  proxy.on(() => true, held);
  const stop = new AbortController();
  const reading = s3.control.read(stop.signal).catch((error: unknown) => error);
  await held.reached;
  stop.abort(new Error('stopped'));
  assert.is(((await reading) as Error).message, 'stopped');
  held.resume();
});

test.run();
