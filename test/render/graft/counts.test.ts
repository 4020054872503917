import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../../src/model/errors.ts';
import { recount } from '../../../src/render/graft/counts.ts';
import { placesIn } from '../../../src/render/graft/place.ts';
import { splice } from '../../../src/render/splice.ts';
import { suite } from '../../support/suite.ts';

const test = suite('how many comments there are, written into a page');

/** What an element says after it; as it was where no number was found. */
function after(inner: string, count: number): string {
  const text = Buffer.from(`<p>12 comments</p><h2 class="n">${inner}</h2>`).toString('latin1');
  const [place] = placesIn(text).all('.n');
  assert.ok(place);
  const edit = recount(text, place, count);
  const html = Buffer.from(edit === undefined ? text : splice(text, [edit]), 'latin1').toString('utf8');
  assert.ok(html.startsWith('<p>12 comments</p>'), 'other numbers of the page stay');
  return html.slice(html.indexOf('>', 20) + 1, -'</h2>'.length);
}

const CASES: readonly [says: string, count: number, then: string][] = [
  ['1,000 comments', 1001, '1,001 comments'],
  ['999 comments', 1000, '1,000 comments'],
  ['1 comment', 2, '2 comments'],
  ['2 comments', 1, '1 comment'],
  ['2 replies', 1, '1 reply'],
  ['1 reply', 30, '30 replies'],
  ['One thought on &#8220;A day of 3&#8221;', 2, '2 thoughts on &#8220;A day of 3&#8221;'],
  ['No responses yet', 1, '1 response yet'],
  ['1.000 Kommentare', 12_345, '12.345 Kommentare'],
  ['1\u202f000 commentaires', 2000, '2\u202f000 commentaires'],
  ["1'000 Kommentare", 1002, "1'002 Kommentare"],
  ['<a href="/2/#comments">7</a>', 8, '<a href="/2/#comments">8</a>'],
  ['<span>Top 10</span> <b>5 comments</b>', 6, '<span>Top 10</span> <b>6 comments</b>'],
];

for (const [says, count, then] of CASES)
  test(`${says} and ${count} give ${then}`, () => assert.is(after(says, count), then));

test('a number in a title that is quoted is no count, and neither is one in a tag', () => {
  for (const says of ['Kommentare zu „1984“', 'Comments', '<i data-n="5">Comments</i>'])
    assert.is(after(says, 9), says);
});

test('what is no selector is named, and that it is to be put right in the configuration', () => {
  for (const find of [placesIn('<p>').all, placesIn('<p>').first]) {
    let error: unknown;
    try {
      find('[a');
    } catch (reason) {
      error = reason;
    }
    assert.ok(isHoldfastError(error, 'config-invalid') && error.message.includes('"[a"'), String(error));
  }
});

test.run();
