import * as assert from 'uvu/assert';
import { type Comment, toComment } from '../../src/model/comment.ts';
import { addressOfThreadPage, layOut, pageKey, type ThreadLayout } from '../../src/model/thread.ts';
import { suite } from '../support/suite.ts';

const test = suite('the layout of threads');

const ALL: ThreadLayout = { order: 'oldest', perPage: undefined, depth: 5 };

/** A comment of that number, a minute after the one before it. */
function said(id: number, parent?: number, minute = id): Comment {
  const comment = toComment({ id, parent, author: 'Ann', date: 1_780_000_000 + minute * 60, html: `<p>${id}</p>` });
  assert.ok(comment);
  return comment;
}

const range = (count: number): Comment[] => Array.from({ length: count }, (_, n) => said(n + 1));

/** Each page as `number: id.level id.level`. */
const pagesOf = (comments: readonly Comment[], layout: Partial<ThreadLayout> = {}): readonly string[] =>
  layOut(comments, { ...ALL, ...layout }).map(
    ({ number, placed }) => `${number}: ${placed.map(({ comment, level }) => `${comment.id}.${level}`).join(' ')}`,
  );

test('answers stand under what they answer, oldest first, whichever end comes first', () => {
  const comments = [said(1), said(2, 1), said(3), said(4, 2), said(5, 1)];
  assert.equal(pagesOf(comments), ['0: 1.1 2.2 4.3 5.2 3.1']);
  assert.equal(pagesOf(comments, { order: 'newest' }), ['0: 3.1 1.1 2.2 4.3 5.2']);
});

test('the order in which a source lists them changes nothing, and equal times go by number', () => {
  const comments = [said(10, undefined, 1), said(9, undefined, 1), said(2, 9, 3)];
  assert.equal(pagesOf(comments), ['0: 9.1 2.2 10.1']);
  assert.equal(pagesOf(comments.toReversed()), pagesOf(comments));
});

test('below the deepest level answers stand beside the last', () => {
  const chain = Array.from({ length: 5 }, (_, n) => said(n + 1, n));
  assert.equal(pagesOf(chain, { depth: 3 }), ['0: 1.1 2.2 3.3 4.3 5.3']);
});

test('an answer to what is not there, to something later, or to itself stands by itself: none is lost', () => {
  const comments = [said(1, 99), said(2, 3), said(3, 2), said(4, 4)];
  assert.equal(pagesOf(comments), ['0: 1.1 2.1 3.2 4.1']);
});

test('a thread of ten thousand levels is laid out', () => {
  const [page] = layOut(
    Array.from({ length: 10_000 }, (_, n) => said(n + 1, n)),
    { ...ALL, depth: 50 },
  );
  assert.is(page?.placed.length, 10_000);
  assert.is(page?.placed.at(-1)?.level, 50);
});

test('oldest first: further pages follow, and a new comment changes the last', () => {
  assert.equal(pagesOf(range(7), { perPage: 3 }), ['0: 1.1 2.1 3.1', '2: 4.1 5.1 6.1', '3: 7.1']);
  assert.equal(pagesOf(range(3), { perPage: 3 }), ['0: 1.1 2.1 3.1']);
});

test('newest first: full pages keep their numbers, and the first holds what fills none, with the last full one', () => {
  const layout = { perPage: 3, order: 'newest' } as const;
  assert.equal(pagesOf(range(7), layout), ['0: 7.1 6.1 5.1 4.1', '1: 3.1 2.1 1.1']);
  assert.equal(pagesOf(range(8), layout), ['0: 8.1 7.1 6.1 5.1 4.1', '1: 3.1 2.1 1.1']);
  assert.equal(pagesOf(range(9), layout), ['0: 9.1 8.1 7.1', '1: 3.1 2.1 1.1', '2: 6.1 5.1 4.1']);
});

test('a page is named by all it shows: another word, another place or another level is another page', () => {
  const keyOf = (comments: readonly Comment[], layout: Partial<ThreadLayout> = {}) => {
    const [page] = layOut(comments, { ...ALL, ...layout });
    assert.ok(page);
    return pageKey(page);
  };
  const comments = [said(1), said(2, 1), said(3, 2)];
  const edited = comments.with(1, { ...said(2, 1), html: '<p>two</p>' });
  const keys = [keyOf(comments), keyOf(edited), keyOf(comments.slice(1)), keyOf(comments, { depth: 2 })];
  assert.is(new Set(keys).size, keys.length);
  assert.is(keyOf(comments.toReversed()), keys[0]);
});

test("pages are at addresses below the post's own", () => {
  assert.is(addressOfThreadPage('/post/', 0), '/post/');
  assert.is(addressOfThreadPage('/post/', 2), '/post/comment-page-2/');
  assert.is(addressOfThreadPage('/post', 2), '/post/comment-page-2/');
});

test.run();
