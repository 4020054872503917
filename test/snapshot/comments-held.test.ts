import * as assert from 'uvu/assert';
import { type CommentsConfig, configSchema, type HoldfastConfig } from '../../src/config/schema.ts';
import { type Comment, commentHash } from '../../src/model/comment.ts';
import type { Ask } from '../../src/snapshot/comments/ask.ts';
import { createHtmlSource } from '../../src/snapshot/comments/html.ts';
import { createJsonSource } from '../../src/snapshot/comments/json.ts';
import type { Changes, CommentSource, Known } from '../../src/snapshot/comments/source.ts';
import { inUse } from '../support/in-use.ts';
import { suite } from '../support/suite.ts';

const test = suite('what sources of comments hold');

const MANY = 20_000;
const WORDS = 'The tide turns twice a day, and the pools are never the same after it; that is all I know. '.repeat(4);

const row = (id: number, words = WORDS) => ({
  id,
  author: `Reader number ${id}`,
  date: 1_780_000_000 + id,
  html: `<p>${id} ${words}</p>`,
});

function entryOf<T extends CommentsConfig['from']>(entry: { readonly from: T; readonly select?: object }) {
  const config = configSchema.parse({
    site: { name: 'Pools', url: 'https://www.example.org' },
    origin: { url: 'https://origin.example.org' },
    lanes: [{ name: 'hot', paths: ['/post/'], every: '1m' }],
    destinations: [{ use: 'mirror', dir: 'mirror' }],
    comments: [{ page: '/post/', url: '/comments', ...entry }],
  } as unknown as HoldfastConfig);
  return config.comments[0] as Extract<CommentsConfig, { from: T }>;
}

const answering =
  (bytes: Buffer): Ask =>
  async () => ({ bytes, headers: { get: () => 'text/html; charset=utf-8', setCookies: [] } });

async function changes(source: CommentSource, known: Known): Promise<Extract<Changes, { kind: 'changed' }>> {
  const said = await source.changes({ known, resync: false, isTold: false }, new AbortController().signal);
  assert.ok(said.kind === 'changed');
  return said;
}

const JSON_ENTRY = entryOf({ from: 'json' });

/** A map that calls `look` when one of its keys is looked up. */
class Watched extends Map<string, string> {
  readonly #key: string;
  readonly #look: () => void;

  constructor(entries: Iterable<readonly [string, string]>, key: string, look: () => void) {
    super(entries);
    this.#key = key;
    this.#look = look;
  }

  override get(key: string): string | undefined {
    if (key === this.#key) this.#look();
    return super.get(key);
  }
}

const listed = (): Buffer => Buffer.from(JSON.stringify(Array.from({ length: MANY }, (_, n) => row(n + 1))));

/** Versions of all by their ids, and how much memory it takes to hold the comments once. A function of its own, so that none is held when it has ended. */
async function measured(source: CommentSource) {
  const before = inUse();
  const { upserts } = await changes(source, { cursor: undefined, size: 0, versions: async () => new Map() });
  const copy = inUse() - before;
  assert.is(upserts.length, MANY);
  return { copy, entries: upserts.map((comment) => [comment.id, commentHash(comment)] as const) };
}

test('of a long list, what is known already is not held again while it is gone through', async () => {
  const bytes = listed();
  const source = createJsonSource(JSON_ENTRY, answering(bytes));
  const { copy, entries } = await measured(source);
  assert.ok(copy > bytes.length, `one copy of them is ${copy} bytes`);
  const held: number[] = [];
  let base = 0;
  const look = () => held.push(inUse() - base);
  // The last of the list, and one of the middle that was edited since.
  const versions = new Watched(entries, String(MANY), look).set(String(MANY / 2), 'another');
  base = inUse();
  const known = async () => {
    look();
    return versions;
  };
  const { upserts, removed } = await changes(source, { cursor: 'another', size: MANY, versions: known });
  assert.equal([upserts.map(({ id }) => id), removed], [[String(MANY / 2)], []]);
  assert.is(held.length, 2);
  for (const bytesHeld of held) assert.ok(bytesHeld < copy / 3, `${bytesHeld} bytes, where one copy is ${copy}`);
});

test('a comment that is kept does not keep the page that it was read from', async () => {
  const select = { comment: 'li', author: 'b', date: 'time', text: '.text' };
  const size = 4_000_000;
  const read = async (id: number): Promise<readonly Comment[]> => {
    const said = `<b>Reader</b><time datetime="2026-05-04T10:00:00Z"></time><div class="text"><p>${WORDS}</p></div>`;
    const page = Buffer.from(`<html><!--${'x'.repeat(size)}--><ul><li id="c-${id}">${said}</li></ul></html>`);
    const source = createHtmlSource(entryOf({ from: 'html', select }), answering(page));
    return (await changes(source, { cursor: 'another', size: 0, versions: async () => new Map() })).upserts;
  };
  const kept = [...(await read(1))];
  const before = inUse();
  for (let id = 2; id <= 5; id++) kept.push(...(await read(id)));
  const held = inUse() - before;
  assert.is(kept.length, 5);
  assert.ok(held < size / 2, `${held} bytes for four more comments`);
});

test.run();
