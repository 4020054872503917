// takes: 15 s
import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { DomUtils, parseDocument } from 'htmlparser2';
import * as assert from 'uvu/assert';
import type { ComposeOptions } from '../../src/render/compose.ts';
import { assertFits, LIMITS } from '../../src/render/limits.ts';
import { builtPath } from '../support/built.ts';
import { suite } from '../support/suite.ts';
import {
  BARE,
  compose,
  composeKey,
  DATA,
  options,
  PACKAGE,
  pages,
  project,
  refusal,
  removeProjects,
  write,
} from './project.ts';

const test = suite('composed pages');
test.after(removeProjects);

/** The holding pages that every site has. */
const BUILT_IN = ['busy', 'launch', 'maintenance', 'not-found', 'not-kept', 'received'].map(
  (name) => `_holdfast/holding/${name}.html`,
);

test('the built-in content gives pages that stand on their own', async () => {
  const { pages: composed } = await compose(options(PACKAGE));
  assert.equal(
    composed.map(({ path, kind, front }) => [path, kind, front.status]),
    [
      ['404.html', '404', undefined],
      ['_holdfast/holding/busy.html', 'holding', 503],
      ['_holdfast/holding/launch.html', 'holding', 200],
      ['_holdfast/holding/maintenance.html', 'holding', 503],
      ['_holdfast/holding/not-found.html', 'holding', 404],
      ['_holdfast/holding/not-kept.html', 'holding', 503],
      ['_holdfast/holding/received.html', 'holding', 202],
      ['announcement/index.html', 'page', undefined],
    ],
  );
  assert.equal(composed[1]?.front.name, 'busy');
  assert.equal(composed[1]?.front.retryAfter, 60);
  for (const { path, html } of composed) {
    const text = html.toString('utf8');
    const document = parseDocument(text);
    const all = (name: string) => DomUtils.getElementsByTagName(name, document);
    assert.is(all('h1').length, 1, `${path}: one h1`);
    assert.is(all('main').length, 1, `${path}: one main`);
    assert.is(all('html')[0]?.attribs['lang'], 'en');
    assert.match(DomUtils.textContent(all('title')), /^\S.+ · Example$/);
    assert.ok(all('meta').some(({ attribs }) => attribs['name'] === 'description' && attribs['content'] !== ''));
    assert.equal([...all('img'), ...all('iframe')], [], `${path}: nothing to load`);
    const comesBack = /busy|maintenance/.test(path);
    assert.is(all('script').length, comesBack ? 1 : 0, `${path}: a script only where it waits for something`);
    assert.not.match(text, /http-equiv|url\(|@import|\bsrc=/);
    assert.ok(all('link').every(({ attribs }) => attribs['rel'] === 'canonical' || attribs['href'] === 'data:,'));
    const addresses = all('link').filter(({ attribs }) => attribs['rel'] === 'canonical');
    assert.equal(
      addresses.map(({ attribs }) => attribs['href']),
      path === 'announcement/index.html' ? ['https://www.example.org/announcement/'] : [],
    );
  }
});

test('each holding page fits what a balancer holds in one buffer, six hot pages included', async () => {
  const many = Array.from({ length: 50 }, (_, index) => ({
    address: `/${index}/`,
    title: 'A title of the usual length '.repeat(3),
  }));
  const built = await pages(await project({}), { data: { ...DATA, pages: many } });
  const holding = [...built].filter(([path]) => path.startsWith('_holdfast/'));
  assert.is(holding.length, BUILT_IN.length);
  for (const [path, html] of holding) assertFits(Buffer.from(html), path, [LIMITS.any, LIMITS.haproxy]);
});

test('no built-in template takes anything unescaped but the page it frames', () => {
  const templates = readdirSync(join(PACKAGE, 'templates'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.njk'),
  );
  assert.ok(templates.length > 3);
  for (const name of templates) {
    const text = readFileSync(join(PACKAGE, 'templates', name), 'utf8').replaceAll('{{ content | safe }}', '');
    assert.not.match(text, /\|\s*safe|autoescape/, name);
  }
});

test('a build has nothing of the environment but four harmless variables, and no file of the project but its templates', async () => {
  process.env['HOLDFAST_TOKEN'] = 'canary-token';
  const root = await project({
    ...BARE,
    '.env': 'canary-env-file',
    'eleventy.config.js': 'throw new Error("loaded")',
    '.eleventy.js': 'throw new Error("loaded")',
    'package.json': '{"canary": "canary-package"}',
    'content/a.njk': [
      '{{ "".constructor.constructor("return Object.keys(process.env).join()")() }}',
      '[{{ pkg.canary }}][{{ eleventy.env.root }}]{% include ".env" ignore missing %}{% include "../.env" ignore missing %}',
    ].join('\n'),
  });
  const [names = '', rest = ''] = ((await pages(root)).get('a/index.html') ?? '').split('\n');
  delete process.env['HOLDFAST_TOKEN'];
  const theirs = names.split(',').filter((name) => !/^(ELEVENTY_|NODE_CHANNEL|npm_)/.test(name));
  assert.equal(
    theirs.filter((name) => !['PATH', 'HOME', 'TZ', 'LANG'].includes(name)),
    [],
  );
  assert.ok(theirs.includes('PATH'), 'the list was read');
  assert.match(rest, /^\[\]\[.*\]$/);
  assert.not.match(rest, new RegExp(`canary|${root}`));
});

test("a project's own Eleventy configuration changes nothing", async () => {
  const content = { ...BARE, 'content/a.md': '# {{ site.name }}' };
  const configuration = 'export default (c) => { c.addGlobalData("site", { name: "hijacked" }); };';
  const plain = await pages(await project(content));
  const configured = await pages(
    await project({
      ...content,
      'eleventy.config.js': configuration,
      'content/eleventy.config.js': configuration,
      '.eleventyignore': 'content',
    }),
  );
  assert.equal(configured, plain);
  assert.is(plain.get('a/index.html'), '<h1>Example</h1>\n');
});

test('pages, holding pages, data, drafts and files of content each go where they belong', async () => {
  const root = await project({
    'templates/page.njk': '<p>{{ title }}</p>{{ content | safe }}',
    'templates/holding/page.njk': '<h1>{{ title }}</h1>{{ content | safe }}',
    'content/index.md': '---\ntitle: Front\n---\n',
    'content/a/b.html': '---\ntitle: B\npermalink: /else/where.html\n---\n<i>{{ kind }}{{ colour.name }}</i>',
    'content/a/a.json': '{"kind": "of the folder"}',
    'content/_data/colour.json': '{"name": " green"}',
    'content/list.njk': '---\npermalink: /list.xml\nlayout: false\n---\n<xml/>',
    'content/holding/full.njk': '---\ntitle: Full\nstatus: 429\nretryAfter: 120\nrefresh: 30\n---\n',
    'content/draft.md': '---\ndraft: true\n---\n{% if %}',
    'content/img/logo.svg': '<svg/>',
    'content/notes.txt': 'not published',
    'content/.hidden.md': '{% if %}',
    'content/a.md~': '{% if %}',
    'content/node_modules/x/readme.md': '{% if %}',
  });
  const { pages: built } = await compose(options(root));
  const composed = built.filter(({ path }) => path !== '404.html' && !BUILT_IN.includes(path));
  assert.equal(
    composed.map(({ path, kind, html }) => [path, kind, html.toString()]),
    [
      ['_holdfast/holding/full.html', 'holding', '<h1>Full</h1>'],
      ['else/where.html', 'page', '<p>B</p><i>of the folder green</i>'],
      ['img/logo.svg', 'asset', '<svg/>'],
      ['index.html', 'page', '<p>Front</p>'],
      ['list.xml', 'asset', '<xml/>'],
    ],
  );
  assert.equal(composed[0]?.front, { title: 'Full', name: 'full', status: 429, retryAfter: 120, refresh: 30 });
});

test('a template of the project replaces the built-in one of its name, and the others still serve', async () => {
  const root = await project({ 'templates/opening.njk': '<h1>Mine: {{ title }}</h1>' });
  const built = await pages(root);
  assert.match(
    built.get('404.html') ?? '',
    /<title>We could not find that page · Example<\/title>[\s\S]*<h1>Mine: We could/,
  );
  const own = await pages(
    await project({
      'content/holding/holding.json': '{"lead": "From the folder"}',
      'content/holding/a.md': '---\ntitle: A\n---\n',
    }),
  );
  assert.equal(
    [...own.keys()],
    ['404.html', '_holdfast/holding/a.html', ...BUILT_IN],
    'of the built-in content only what every site needs',
  );
  assert.match(own.get('_holdfast/holding/a.html') ?? '', /From the folder[\s\S]*Try this page again/);
});

test('a missing page or holding page of the project takes the place of the built-in one, whatever its ending', async () => {
  const built = await pages(
    await project({
      ...BARE,
      'content/404.njk': '---\nlayout: page.njk\n---\nmine',
      'templates/holding/page.njk': '{{ content | safe }}',
      'content/holding/busy.html': 'mine too',
    }),
  );
  assert.equal([...built.keys()], ['404.html', ...BUILT_IN]);
  assert.match(built.get('_holdfast/holding/busy.html') ?? '', 'mine too');
  assert.match(built.get('404.html') ?? '', 'mine');
});

test('the date of a page that names none does not depend on when it is built', async () => {
  const root = await project({
    ...BARE,
    'content/a.njk': '{{ page.date.toISOString() }}',
    'content/2024-05-06-b.njk': '{{ page.date.toISOString() }}',
  });
  const built = await pages(root);
  const dates = [...built].filter(([path]) => path.endsWith('index.html')).map(([, text]) => text);
  assert.equal(dates.sort(), ['1970-01-01T00:00:00.000Z', '2024-05-06T00:00:00.000Z']);
  assert.equal(await pages(root), built);
});

/** Ids of the builds that a process has started and that are still there. */
function children(parent: number | undefined = process.pid): string[] {
  const ids = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return ids.filter((id) => readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('eleventy'));
}

const LOOP = '{% for a in range(0, 100000) %}{% for b in range(0, 100000) %}{% endfor %}{% endfor %}';

test('an aborted build ends at once, with the reason, and leaves neither process nor folder', async () => {
  const root = await project({ ...BARE, 'content/a.njk': LOOP });
  const { TMPDIR } = process.env;
  process.env['TMPDIR'] = await project({});
  const stop = new AbortController();
  const building = compose(options(root, { signal: stop.signal }));
  setTimeout(() => stop.abort(new Error('enough')), 1_500);
  try {
    await building;
    assert.unreachable();
  } catch (error) {
    assert.is(String(error), 'Error: enough');
  }
  assert.equal(children(), []);
  assert.equal(await readdir(tmpdir()), []);
  if (TMPDIR === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = TMPDIR;
});

test('a build that was aborted before it began starts nothing', async () => {
  try {
    await compose(options(await project({}), { signal: AbortSignal.abort(new Error('too late')) }));
    assert.unreachable();
  } catch (error) {
    assert.is(String(error), 'Error: too late');
  }
});

test('a template that never ends, or wants all memory, is ended', async () => {
  assert.match(await refusal({ ...BARE, 'content/a.njk': LOOP }, { limit: 2_000 }), /did not render within 2 s/);
  const hungry =
    '{% set all = [] %}{% for a in range(0, 1000000) %}{% set _ = all.push(range(0, 10000)) %}{% endfor %}';
  assert.match(await refusal({ ...BARE, 'content/a.njk': hungry }), /broke off/);
  assert.equal(children(), []);
});

/** A program that composes `root` and prints how many files it made. */
async function program(root: string, limit: number): Promise<string> {
  const source = pathToFileURL(builtPath('render/compose')).href;
  const { signal: _, ...plain } = options(root, { limit });
  const script = join(root, 'script.mjs');
  await writeFile(
    script,
    `import { compose } from ${JSON.stringify(source)};
     const made = await compose({ ...${JSON.stringify(plain)}, signal: new AbortController().signal });
     console.log(made.pages.length);`,
  );
  return script;
}

test('what a template prints does not reach standard output', async () => {
  const print = '{{ "".constructor.constructor("console.log(`noise`); console.error(`noise`)")() }}';
  const script = await program(await project({ ...BARE, 'content/a.njk': `{{ "noise" | log }}${print}` }), 60_000);
  const ran = await promisify(execFile)(process.execPath, [script]);
  assert.equal([ran.stdout, ran.stderr], [`${BUILT_IN.length + 2}\n`, '']);
});

test('a build whose parent is killed ends too, even in a loop', async () => {
  const script = await program(await project({ ...BARE, 'content/a.njk': LOOP }), 2_000);
  const TMPDIR = await project({});
  const parent = spawn(process.execPath, [script], { env: { ...process.env, TMPDIR } });
  const deadline = Date.now() + 30_000;
  let [child] = children(parent.pid);
  for (; child === undefined && Date.now() < deadline; [child] = children(parent.pid)) await wait(50);
  assert.ok(child, 'the build began');
  await wait(1_500);
  parent.kill('SIGKILL');
  while (existsSync(`/proc/${child}`) && Date.now() < deadline) await wait(100);
  assert.not.ok(existsSync(`/proc/${child}`), 'the build ended');
  const left = (await readdir(TMPDIR)).filter((name) => name.startsWith('holdfast'));
  assert.equal(left, [], 'and took its folder away');
});

test('the key changes with each input, and only then', async () => {
  const files = {
    'templates/page.njk': 'a',
    'templates/theme.css': 'a',
    'content/a.md': 'a',
    'content/a.json': '{}',
    'content/a.svg': 'a',
  };
  const root = await project(files);
  const fallback = await project({ 'templates/base.njk': 'a', 'content/x.md': 'a' });
  const key = (changes: Partial<ComposeOptions> = {}) => composeKey(options(root, { fallback, ...changes }));
  const first = await key();
  assert.match(first, /^[0-9a-f]{64}$/);
  assert.is(await key(), first, 'the same inputs');
  await write(root, { 'holdfast.config.json': '{}', 'content/.swp': 'a', 'content/a.md~': 'a' });
  assert.is(await key(), first, 'files that are no input');
  await write(fallback, { 'content/x.md': 'b' });
  assert.is(await key(), first, 'built-in content that is not used');

  const seen = new Set([first]);
  const changed = async (what: string, made: Promise<string>) => {
    const next = await made;
    assert.not.ok(seen.has(next), what);
    seen.add(next);
  };
  for (const name of Object.keys(files)) {
    await write(root, { [name]: '{"b": 1}' });
    await changed(name, key());
  }
  await write(root, { 'content/b.md': '' });
  await changed('a new file', key());
  await write(fallback, { 'templates/base.njk': 'b' });
  await changed('a built-in template', key());
  await changed('a title', key({ data: { ...DATA, pages: [{ address: '/', title: 'Other' }] } }));
  await changed('the environment', key({ data: { ...DATA, environment: 'staging' } }));
  await changed('the name of the site', key({ data: { ...DATA, site: { ...DATA.site, name: 'Other' } } }));
  await rm(join(root, 'content'), { recursive: true });
  await changed('no content', key());
});

test('new comments change the key only where a page may show them', async () => {
  const comments = (count: number) => ({ ...DATA, comments: { '/a/': { count, newest: [] } } });
  const differs = async (files: Readonly<Record<string, string>>) => {
    const root = await project(files);
    const key = (count: number) => composeKey(options(root, { data: comments(count) }));
    return (await key(1)) !== (await key(2));
  };
  assert.is(await differs({}), false, 'the missing page and holding pages show none');
  assert.is(await differs({ 'content/a.md': 'Words.' }), false, 'nor does the plain layout');
  assert.is(await differs({ 'content/a.md': '---\nlayout: announcement.njk\n---\nWords.' }), true, 'this layout does');
  assert.is(await differs({ 'content/a.md': "{{ comments['/a/'].count }}" }), true);
  assert.is(await differs({ 'content/a.md': 'Words.', 'content/a.json': '{"layout": "statement.njk"}' }), true);
  const own = { 'content/a.md': 'Words.', 'templates/x.njk': '{{ comments }}', 'templates/y.njk': '' };
  assert.is(await differs(own), true, 'templates of the project may put names together');
});

test.run();
