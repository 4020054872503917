import { DomUtils, parseDocument } from 'htmlparser2';
import * as assert from 'uvu/assert';
import type { ComposeData } from '../../src/render/compose.ts';
import { suite } from '../support/suite.ts';
import { DATA, pages, project, removeProjects } from './project.ts';

const test = suite('captured text in composed pages');
test.after(removeProjects);

const PAYLOADS = [
  '{{ 7 * 7 }}',
  '{{ 7 | times: 7 }}',
  '{{{ 7 }}}',
  '{% if true %}yes{% endif %}',
  '{% include "secret.txt" %}',
  '{% include "/etc/passwd" %}',
  '{% raw %}',
  '{% endraw %}{{ 7 }}',
  '{# gone #}',
  '{{ "".constructor.constructor("return process.env.HOLDFAST_CANARY")() }}',
  '---js\n{ title: process.env.HOLDFAST_CANARY }\n---\n',
  '---\ntitle: x\npermalink: /x/\n---\ntext',
  '---json\n{"permalink": "/x/"}\n---',
  '<%= 7 * 7 %>',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the payload is the point
  '${process.env.HOLDFAST_CANARY}',
  '<script>alert(1)</script>',
  '</title></style></script><img src=x onerror=alert(1)>',
  '"><img src=x onerror=alert(1)>',
  "' onfocus='alert(1)",
  '<!-- x -->',
  '&lt;b&gt; &amp; &#60;',
  '$& $1 $$ \\n \\',
  '# Not a heading',
  '*em* **strong** _em_ ~~gone~~ `code`',
  '[link](javascript:alert(1)) ![picture](//evil.example/x.png)',
  '<https://evil.example/>',
  'one\n\n# two\n\n- three\n\n    four',
  '1. not a list',
  '- not a list',
  '> not a quotation',
  '| a | b |\n|---|---|\n| c | d |',
  '  spaces around  ',
  '\u202Eright to left, emoji \u{1F600}, \uD800 alone',
];

/** What a lone surrogate becomes in any UTF-8 file. */
const asWritten = (text: string) => Buffer.from(text, 'utf8').toString('utf8');

test('captured text that looks like a template, front matter, markup or Markdown renders literally in eight places', async () => {
  assert.ok(PAYLOADS.length >= 25);
  process.env['HOLDFAST_CANARY'] = 'canary-in-the-environment';
  const root = await project({
    'secret.txt': 'canary-in-a-file',
    'templates/secret.njk': '',
    'templates/page.njk': '<title>{{ pages[0].title }}</title>{{ content | safe }}',
    'content/njk.njk': [
      '<ul>{% for hot in pages %}<li title="{{ hot.title }}"><b>{{ hot.title }}</b><i>{{ hot.description }}</i><a href="{{ hot.address }}"></a></li>{% endfor %}</ul>',
      '<u>{{ site.name }}</u><s>{{ site.language }}</s><q>{{ environment }}</q>',
    ].join('\n'),
    'content/html.html': '{% for hot in pages %}<b>{{ hot.title }}</b>{% endfor %}',
    'content/md.md': '{% for hot in pages %}\n\n{{ hot.title }}\n\n{% endfor %}',
    'content/included.md': '{% for hot in pages %}\n\n{% include "title.njk" %}\n\n{% endfor %}',
    'templates/title.njk': '{{ hot.title }}',
  });
  const all = PAYLOADS.join('\u0001');
  const data: ComposeData = {
    site: { name: all, url: DATA.site.url, language: all },
    environment: all,
    pages: PAYLOADS.map((payload) => ({ address: `/${payload}`, title: payload, description: payload })),
  };
  const built = await pages(root, { data });
  delete process.env['HOLDFAST_CANARY'];

  const expected = PAYLOADS.map(asWritten);
  const document = parseDocument(built.get('njk/index.html') ?? '');
  const elements = (name: string) => DomUtils.getElementsByTagName(name, document);
  const texts = (name: string) => elements(name).map((element) => DomUtils.textContent(element));
  assert.equal(texts('b'), expected, 'title as text');
  assert.equal(
    elements('li').map(({ attribs }) => attribs['title']),
    expected,
    'title as an attribute',
  );
  assert.equal(texts('i'), expected, 'description');
  assert.equal(
    elements('a').map(({ attribs }) => attribs['href']),
    expected.map((payload) => `/${payload}`),
    'address',
  );
  assert.equal(
    [texts('u'), texts('s'), texts('q')],
    [[asWritten(all)], [asWritten(all)], [asWritten(all)]],
    'site and environment',
  );
  const html = parseDocument(built.get('html/index.html') ?? '');
  assert.equal(
    DomUtils.getElementsByTagName('b', html).map((element) => DomUtils.textContent(element)),
    expected,
    'in an HTML page',
  );
  for (const path of ['md/index.html', 'included/index.html']) {
    const markdown = parseDocument(built.get(path) ?? '').children.slice(1);
    const paragraphs = markdown.filter((node) => node.type !== 'text');
    assert.equal(
      paragraphs.map((node) => DomUtils.textContent(node)),
      expected,
      `in Markdown (${path})`,
    );
    assert.equal(
      DomUtils.filter((node) => node.type === 'tag' && node.name !== 'p', markdown),
      [],
      'Markdown made nothing of it',
    );
  }
  assert.not.match([...built.values()].join(), /canary-in/);
});

test('a captured page whose address leads off the site is left out of every list', async () => {
  const addresses = ['//evil.example/', '/\\evil.example/', 'javascript:alert(1)', 'https://evil.example/', ''];
  const data = {
    ...DATA,
    pages: [{ address: '/good/', title: 'good' }, ...addresses.map((address) => ({ address, title: 'bad' }))],
  };
  const built = await pages(await project({}), { data });
  assert.match(built.get('404.html') ?? '', /href="\/good\/">good</);
  assert.not.match([...built.values()].join(), /evil|>bad</);
});

test.run();
