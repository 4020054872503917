// takes: 15 s
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type * as Child from '../../src/render/compose-child.ts';
import { importBuilt } from '../support/built.ts';
import { suite } from '../support/suite.ts';
import { compose, DATA, options, pages, project, removeProjects, write } from './project.ts';

const { openBuilder } = await importBuilt<typeof Child>('render/compose-child');

const test = suite('a child that builds again and again');
test.after(removeProjects);

const SOURCES = {
  'templates/base.njk': '<title>{{ title }}</title>{% include "part.njk" %}{{ content | safe }}{{ site.name }}',
  'templates/part.njk': '<style>{% include "style.css" %}</style>',
  'templates/style.css': 'a{}',
  'templates/page.njk': '---\nlayout: base.njk\nside: left\n---\n{{ side }} {{ word }} {{ content | safe }}',
  'content/_data/word.json': '"one"',
  'content/content.json': '{"shared": "first"}',
  'content/a.md': '---\ntitle: A *b*\n---\n{{ title }} {{ shared }} {{ word }} {{ site.name }}\n',
  'content/b.md': '---\ntitle: B\n---\n{% for one in collections.all %}{{ one.url }} {% endfor %}\n',
};

const EDITS: readonly [what: string, files: Readonly<Record<string, string | null>>][] = [
  [
    'the words of a page',
    { 'content/a.md': '---\ntitle: A\n---\n{{ title }}: other *words* {{ shared }} {{ word }}\n' },
  ],
  ['a front matter field', { 'content/a.md': '---\ntitle: Z *z*\n---\n{{ title }} {{ shared }} {{ word }}\n' }],
  ['a layout', { 'templates/base.njk': '<b>{{ title }}</b>{% include "part.njk" %}{{ content | safe }}' }],
  [
    'front matter of a layout',
    { 'templates/page.njk': '---\nlayout: base.njk\nside: right\n---\n{{ side }} {{ content | safe }}' },
  ],
  ['an include', { 'templates/part.njk': '<style>{% include "style.css" %}b{}</style>' }],
  ['an include of an include', { 'templates/style.css': 'a{color:red}' }],
  ['global data', { 'content/_data/word.json': '"two"' }],
  ['data of a folder', { 'content/content.json': '{"shared": "second"}' }],
  ['another page', { 'content/c.md': '---\ntitle: C\n---\nnew\n' }],
  ['a page less', { 'content/a.md': null }],
  ['a holding page', { 'content/holding/busy.md': '---\nname: busy\ntitle: Full\n---\nfull\n' }],
];

/** As in the test of one build: a thousand times a thousand times a thousand. */
const LOOP =
  '---\ntitle: B\n---\n{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}x{% endfor %}{% endfor %}{% endfor %}\n';

test('after any edit it gives what a child of its own would give', async () => {
  const root = await project(SOURCES);
  const builder = openBuilder();
  const again = async (changes = {}) =>
    new Map((await compose(options(root, changes), builder.build)).pages.map(({ path, html }) => [path, String(html)]));
  try {
    let before = await again();
    assert.equal(before, await pages(root));
    for (const [what, files] of EDITS) {
      for (const [name, text] of Object.entries(files))
        await (text === null ? rm(join(root, name)) : write(root, { [name]: text }));
      const after = await again();
      assert.not.equal(after, before, `${what}: it shows`);
      assert.equal(after, await pages(root), what);
      before = after;
    }
    const data = { ...DATA, site: { ...DATA.site, name: 'Renamed *x*' } };
    assert.equal(await again({ data }), await pages(root, { data }), 'the data of every page');
  } finally {
    await builder.close();
  }
});

test('an error is told each time, with file and line, and the next build is whole', async () => {
  const root = await project(SOURCES);
  const builder = openBuilder();
  const told = () =>
    compose(options(root), builder.build).then(
      ({ pages: made }) => made.length,
      (error: Error): string | number => error.message,
    );
  try {
    const whole = await told();
    for (const word of ['first', 'second']) {
      await write(root, { 'content/b.md': `---\ntitle: B\n---\nfine\n{{ ${word} | nosuch }}\n` });
      assert.match(String(await told()), /^content\/b\.md:5 does not render: filter not found: nosuch/);
    }
    await write(root, { 'content/b.md': SOURCES['content/b.md'] });
    assert.is(await told(), whole);
  } finally {
    await builder.close();
  }
});

test('a loop that does not end is ended, and what comes after it is built by another child', async () => {
  const root = await project(SOURCES);
  const builder = openBuilder();
  try {
    const { pages: whole } = await compose(options(root), builder.build);
    await write(root, { 'content/b.md': LOOP });
    const failure = await compose(options(root, { limit: 500 }), builder.build).catch((error: Error) => error.message);
    assert.match(String(failure), /did not render within 0\.5 s/);
    await write(root, { 'content/b.md': SOURCES['content/b.md'] });
    const { pages: after } = await compose(options(root), builder.build);
    assert.equal(
      after.map(({ html }) => String(html)),
      whole.map(({ html }) => String(html)),
    );
  } finally {
    await builder.close();
  }
});

test.run();
