import * as assert from 'uvu/assert';
import { paragraphsOf } from '../../src/model/plain-text.ts';
import { suite } from '../support/suite.ts';

const test = suite('words of a piece of HTML');

const cases: readonly (readonly [html: string, paragraphs: readonly string[]])[] = [
  ['<p>One <em>and</em>\n one.</p><p>Two<br>three &amp; &lt;b&gt;</p>', ['One and one.', 'Two', 'three & <b>']],
  ['<blockquote><p>Is it open?</p><p>Is it?</p></blockquote><p>It is.</p>', ['> Is it open?', '> Is it?', 'It is.']],
  [
    'Bring:<ul><li>a lamp</li><LI>rope<p>twice</p></li></ul>then go',
    ['Bring:', '• a lamp', '• rope', 'twice', 'then go'],
  ],
  ['<blockquote>never closed<p>either', ['> never closed', '> either']],
  ['</blockquote></li>a<script>alert(1)</script>b<style>', ['a b']],
  ['', []],
];
for (const [html, paragraphs] of cases)
  test(`${JSON.stringify(html)} gives ${paragraphs.length}`, () => assert.equal(paragraphsOf(html), paragraphs));

test.run();
