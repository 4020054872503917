// takes: 15 s
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import type * as Child from '../../src/render/compose-child.ts';
import { builtPath, importBuilt } from '../support/built.ts';
import { suite } from '../support/suite.ts';
import { compose, DATA, options, project, removeProjects, write } from './project.ts';

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

type Changes = Parameters<typeof options>[1];

async function built(root: string, { build }: Child.Builder, changes: Changes = {}): Promise<Map<string, string>> {
  const { pages } = await compose(options(root, changes), build);
  return new Map(pages.map(({ path, html }) => [path, String(html)]));
}

/** By a child of its own. */
async function builtOnce(root: string, changes: Changes = {}): Promise<Map<string, string>> {
  const builder = openBuilder();
  return built(root, builder, changes).finally(builder.close);
}

test('after any edit it gives what a child of its own would give', async () => {
  const root = await project(SOURCES);
  const builder = openBuilder();
  const again = (changes: Changes = {}) => built(root, builder, changes);
  try {
    let before = await again();
    assert.equal(before, await builtOnce(root));
    for (const [what, files] of EDITS) {
      for (const [name, text] of Object.entries(files))
        await (text === null ? rm(join(root, name)) : write(root, { [name]: text }));
      const after = await again();
      assert.not.equal(after, before, `${what}: it shows`);
      assert.equal(after, await builtOnce(root), what);
      before = after;
    }
    const data = { ...DATA, site: { ...DATA.site, name: 'Renamed *x*' } };
    assert.equal(await again({ data }), await builtOnce(root, { data }), 'the data of every page');
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

/** Ids of the children of this process that build. */
function children(): string[] {
  const ids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return ids.filter((id) => readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('eleventy'));
}

test('two builds at once have a child each, one of which stays; it goes when nobody needed it, or when it died', async () => {
  const root = await project(SOURCES);
  const builder = openBuilder(400);
  const [one, other] = await Promise.all([built(root, builder), built(root, builder)]);
  assert.equal(one, other);
  const [kept, ...more] = children();
  assert.equal(more, []);
  process.kill(Number(kept), 'SIGKILL');
  assert.equal(await built(root, builder), one, 'by another, though nobody had seen yet that it died');
  const [second] = children();
  assert.not.equal(second, kept);
  process.kill(Number(second), 'SIGKILL');
  await until(() => children().length === 0);
  assert.equal(await built(root, builder), one, 'by a third');
  assert.is(children().length, 1);
  await until(() => children().length === 0);
});

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !isSo(); await wait(20)) assert.ok(Date.now() < end, 'it takes too long');
}

test('a child at rest keeps no process from ending, and ends with it', async () => {
  const root = await project(SOURCES);
  const script = join(root, 'script.mjs');
  const { signal: _, ...plain } = options(root);
  await writeFile(
    script,
    `import { readFileSync } from 'node:fs';
     import { compose } from ${JSON.stringify(pathToFileURL(builtPath('render/compose')).href)};
     await compose({ ...${JSON.stringify(plain)}, signal: new AbortController().signal });
     console.log(readFileSync(\`/proc/self/task/\${process.pid}/children\`, 'utf8'));`,
  );
  const began = Date.now();
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  assert.ok(Date.now() - began < 60_000, 'it waits for nothing');
  assert.match(stdout, /^\d+ \n$/);
  await until(() => !existsSync(`/proc/${stdout.trim()}`));
});

test.run();
