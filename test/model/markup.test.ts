import fc from 'fast-check';
import { Tokenizer } from 'htmlparser2';
import * as assert from 'uvu/assert';
import { decodeAttribute, decodeEntities, escapeMarkup, MarkupScanner } from '../../src/model/markup.ts';
import { suite } from '../support/suite.ts';

const test = suite('the markup scanner');

/** Each tag in one line: `12 <a href=x class>` or `40 </a>`. */
function tagsByScanner(text: string): string[] {
  const scanner = new MarkupScanner(text);
  const tags: string[] = [];
  while (scanner.next()) {
    if (scanner.closing) {
      tags.push(`${scanner.start} </${scanner.name}>`);
      continue;
    }
    const attributes = Array.from({ length: scanner.attributes }, (_, index) => {
      const name = text.slice(scanner.nameStart(index)).slice(0, nameLength(text.slice(scanner.nameStart(index))));
      return ` ${name}=${text.slice(scanner.valueStart(index), scanner.valueEnd(index))}`;
    });
    tags.push(`${scanner.start} <${scanner.name}${attributes.join('')}>`);
  }
  return tags;
}

function nameLength(text: string): number {
  return /^.[^=\s/>]*/s.exec(text)?.[0].length ?? 0;
}

function tagsByTokenizer(text: string): string[] {
  const tags: string[] = [];
  let open = '';
  let value = '';
  const ignore = () => {};
  const tokenizer = new Tokenizer(
    { decodeEntities: false },
    {
      onopentagname: (from, to) => {
        open = `${from - 1} <${text.slice(from, to).toLowerCase()}`;
      },
      onattribname: (from, to) => {
        open += ` ${text.slice(from, to)}=`;
        value = '';
      },
      onattribdata: (from, to) => {
        value += text.slice(from, to);
      },
      onattribend: () => {
        open += value;
        value = '';
      },
      onopentagend: () => void tags.push(`${open}>`),
      onselfclosingtag: () => void tags.push(`${open}>`),
      onclosetag: (from, to) => {
        if (text.indexOf('>', to) !== -1) tags.push(`${from - 2} </${text.slice(from, to).toLowerCase()}>`);
      },
      onattribentity: ignore,
      oncdata: ignore,
      oncomment: ignore,
      ondeclaration: ignore,
      onend: ignore,
      onprocessinginstruction: ignore,
      ontext: ignore,
      ontextentity: ignore,
    },
  );
  tokenizer.write(text);
  tokenizer.end();
  return tags;
}

/** Pieces that mean something to a tokenizer, whole and broken; joined at random they make every state meet every other. */
// biome-ignore format: one a line would be a long page
const PIECES = [
  '<p>', '</p>', '<A HREF="x y">', "<a href='q\"q' class=b>", '<a href=unquoted/path?x=1&y=2>', '<img src="a>b" alt>',
  '<br/>', '<br / >', '<a b = "c" d= e f>', '<a b=>', '<a =x>', '<a "b" \'c\'>', '<a b="1"c="2">', '<a/b/c=d/>',
  '<x-y_z data-é="1">', '<input value="a', "<input value='a", '<', '<<', '</', '</>', '</ x>', '<1>', '< a>', '<!',
  '<!-->', '<!--->', '<!-- a > b -->', '<!-- <p> --!>', '<!--', '-->', '--!>', '<!doctype html>', '<!x y>',
  '<?php echo ">" ?>', '<?xml', '<script>', '<script src=x>', 'if (a < b && c > d) "</p>"', '</script>', '</SCRIPT >',
  '</scripts>', '<style>', 'a > b { }', '</style>', '<title>', 'a <b> c', '</title>', '<textarea>', '</textarea>',
  '<xmp>', '</xmp>', '<iframe>', '</iframe>', '<noframes>', '</noframes>', '<noembed>', '</noembed>', '<noscript>',
  '<img src=n>', '</noscript>', '<template>', '</template>', ' ', '\n', '\t', '"', "'", '=', '>', '/', 'text',
  '&amp;', '\x80\xff', '<section', '<plaintex>',
];

/** htmlparser2 ends such a tag at the first `>`, browsers after the value. */
const END_TAG_WITH_VALUE = /<\/[a-z][^>]*["'=]/i;

/** htmlparser2 does not know that such a script's own end tag does not end the outer one. */
const SCRIPT_IN_SCRIPT = /<script[\s\S]*<!--[\s\S]*<script/i;

test('finds the same tags and attributes at the same places as htmlparser2 does', () => {
  const pages = fc.array(fc.constantFrom(...PIECES), { maxLength: 25 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(pages, (text) => {
      fc.pre(!END_TAG_WITH_VALUE.test(text) && !SCRIPT_IN_SCRIPT.test(text));
      assert.equal(tagsByScanner(text), tagsByTokenizer(text));
    }),
    { numRuns: 20_000 },
  );
});

const AS_BROWSERS: readonly [why: string, text: string, tags: readonly string[]][] = [
  [
    'a script within <!-- of a script has its own end',
    '<script><!-- <script> </script> <p> --></script><b>',
    ['0 <script>', '39 </script>', '48 <b>'],
  ],
  [
    'a closed <!-- in a script changes nothing',
    '<script><!-- x --> "<script>" </script><b>',
    ['0 <script>', '30 </script>', '39 <b>'],
  ],
  [
    'an escape without a script ends at the first end tag',
    '<script><!-- x </script><b>',
    ['0 <script>', '15 </script>', '24 <b>'],
  ],
  ['CDATA is a comment up to > outside of svg', '<![CDATA[ <i> ]]><b>', ['17 <b>']],
  ['CDATA runs to its end within svg', '<svg><![CDATA[ <i> ]]><b>', ['0 <svg>', '22 <b>']],
  [
    'a self-closing title in svg swallows nothing',
    '<svg><title/><path d="M0"/></svg><b>',
    ['0 <svg>', '5 <title>', '13 <path d=M0>', '27 </svg>', '33 <b>'],
  ],
  [
    'a self-closing script in HTML is open',
    '<script src=x /><b></script><i>',
    ['0 <script src=x>', '19 </script>', '28 <i>'],
  ],
  ['an end tag may hold > in quotes', '</p title=">"><b>', ['0 </p>', '14 <b>']],
];

for (const [why, text, tags] of AS_BROWSERS) {
  test(`as in a browser, ${why}`, () => {
    assert.equal(
      tagsByScanner(text).map((tag) => tag.replace(/ M0$/, '')),
      tags,
    );
  });
}

const INCOMPLETE: readonly [text: string, complete: number][] = [
  ['<p>whole</p>', 12],
  ['<p>a<!-- never ends', 4],
  ['<p>a<script>never ends', 4],
  ['<p>a<title>never ends</p>', 4],
  ['<p>a<img src="never ends', 4],
  ['<p>a</p', 4],
  ['<p>a<plaintext>b', 4],
  ['<p>a < b', 8],
];

for (const [text, complete] of INCOMPLETE) {
  test(`knows how far ${text} is complete`, () => {
    const scanner = new MarkupScanner(text);
    while (scanner.next());
    assert.is(scanner.complete, complete);
  });
}

test('gives the first of two attributes of one name, whatever their case', () => {
  const scanner = new MarkupScanner('<a HREF="one" href="two">');
  scanner.next();
  assert.is(scanner.raw('href'), 'one');
  assert.is(scanner.raw('title'), undefined);
});

test('reaches over a whole attribute with its quotes', () => {
  const text = `<a x href='a' title="b"id=c>`;
  const scanner = new MarkupScanner(text);
  scanner.next();
  const whole = ['x', 'href', 'title', 'id'].map((name) => {
    const index = scanner.attribute(name);
    return text.slice(scanner.nameStart(index), scanner.attributeEnd(index));
  });
  assert.equal(whole, ['x', "href='a'", 'title="b"', 'id=c']);
});

test('takes hundreds of kilobytes of unclosed markup in linear time', () => {
  for (const piece of [
    '<',
    '<!--',
    '<a ',
    '<a b="',
    '<script>',
    '<script><!--<script>',
    '</',
    '<svg>',
    '<![CDATA[',
    '<!-- --!',
    '</x "',
  ]) {
    const started = performance.now();
    const scanner = new MarkupScanner(piece.repeat(100_000));
    while (scanner.next());
    assert.ok(performance.now() - started < 5000, `${piece} took ${performance.now() - started} ms`);
  }
});

const DECODED: readonly [raw: string, attribute: string, text: string][] = [
  ['a&amp;b', 'a&b', 'a&b'],
  ['a&#038;b&#x26;c', 'a&b&c', 'a&b&c'],
  ['&amp;lt;', '&lt;', '&lt;'],
  ['?a=1&copy=2', '?a=1&copy=2', '?a=1©=2'],
  ['&eacute;&#233;&#xE9;&sol;', 'ééé/', 'ééé/'],
  ['a & b &; &#; &nosuch;', 'a & b &; &#; &nosuch;', 'a & b &; &#; &nosuch;'],
  [`"'&quot;&#39;`, `"'"'`, `"'"'`],
];

for (const [raw, attribute, text] of DECODED) {
  test(`decodes ${raw} as HTML does`, () => {
    assert.is(decodeAttribute(raw), attribute);
    assert.is(decodeEntities(raw), text);
  });
}

test('escaped text is ASCII, ends no attribute or element, and decodes to itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const printable = text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef]|\p{Cn}/gu, '');
      const escaped = escapeMarkup(printable);
      assert.match(escaped, /^[\x00-\x7f]*$/);
      assert.not.match(escaped, /["'<>]/);
      assert.is(decodeAttribute(escaped), printable);
    }),
  );
});

test.run();
