import * as assert from 'uvu/assert';
import { withoutStrayEnds } from '../../../src/model/stray-ends.ts';
import { placesIn } from '../../../src/render/graft/place.ts';
import { suite } from '../../support/suite.ts';

const test = suite('where a thread goes');

/** What the first element that matches holds, as written. */
function within(html: string, selector: string): string | undefined {
  const place = placesIn(html).first(selector);
  return place && html.slice(place.inner, place.innerEnd);
}

test('a list reaches to its own end, also where WordPress wrote answers that are deeper than its threads go', () => {
  const deep = '<li>4<ol><li>5<li>6<li>7</li></li></li></ol></li>';
  const inner = `<li>3<ol>${deep}</ol></li><li>8</li><LI>9</LI>`;
  assert.is(within(`<main><ol class="list">${inner}</ol><ol><li>x</ol></main>`, '.list'), inner);
});

test('only ends of items that end nothing in their own list are blanked, and nothing moves', () => {
  const same = [
    '<ul><li>a<li>b</ul><p></li>c</p>',
    '<ol><li>a<ul><li>b</li></ul></li></ol></ol><li>c</li>',
    '<li>a<li>b</li><ul></ul>',
    '<!-- </li> --><ol><script>"</li>"</script></ol>',
  ];
  for (const html of same) assert.is(withoutStrayEnds(html), html);
  assert.is(withoutStrayEnds('<ol><li>a</li></li ></ol>'), '<ol><li>a</li>      </ol>');
  assert.is(withoutStrayEnds('<li><ul></li><li>b</li></ul></li>'), '<li><ul>     <li>b</li></ul></li>');
});

test('what is never closed has no place', () => {
  assert.is(within('<main><ol class="list"><li>a</main>', '.list'), undefined);
});

test.run();
