// takes: 15 s
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { BARE, compose, options, pages, project, refusal, removeProjects } from './project.ts';

const test = suite('templates and content that are refused');
test.after(removeProjects);

const REFUSED: readonly [string, Readonly<Record<string, string>>, RegExp][] = [
  [
    'JavaScript front matter',
    { 'content/a.md': '---js\n{ title: 1 }\n---\n' },
    /^content\/a\.md:1: .*`js` is switched off/,
  ],
  ['the same behind a byte-order mark', { 'content/a.md': '\uFEFF---js\n{ title: 1 }\n---\n' }, /^content\/a\.md:1: /],
  [
    'the same in a layout',
    { 'templates/page.njk': '--- javascript\n{ title: 1 }\n---\n' },
    /^templates\/page\.njk:1: /,
  ],
  ['the legacy engine by its name', { 'content/a.md': '---jsLegacy\n{ title: 1 }\n---\n' }, /`jsLegacy`/],
  [
    'a script as a template',
    { 'content/a.11ty.js': 'export default class {}' },
    /^content\/a\.11ty\.js: JavaScript templates/,
  ],
  ['a script as page data', { 'content/a.md': '', 'content/a.11tydata.js': '' }, /^content\/a\.11tydata\.js: /],
  ['a script as global data', { 'content/_data/x.cjs': '' }, /^content\/_data\/x\.cjs: /],
  [
    'another template language',
    { 'content/a.md': '---\ntemplateEngineOverride: liquid\n---\n{{ 1 }}' },
    /^content\/a\.md:2 does .*templateEngineOverride.* switched off/,
  ],
  [
    'another output folder',
    { 'content/a.md': '---\npermalinkBypassOutputDir: true\n---\n' },
    /^content\/a\.md:2 .*permalinkBypassOutputDir.* switched off/,
  ],
  ['a broken tag', { 'content/a.md': '---\ntitle: a\n---\none\n\n{% if %}\n' }, /^content\/a\.md:6 does not render: /],
  [
    'a call of what is not there',
    { 'content/a.md': '---\ntitle: a\n---\none\n{{ nobody.there() }}' },
    /^content\/a\.md:5 does not render: Unable to call/,
  ],
  [
    'an unknown filter',
    { 'content/a.md': 'one\n\n{{ site.name | loud }}' },
    /^content\/a\.md:3 does not render: filter not found: loud/,
  ],
  [
    'a broken layout',
    { 'content/a.md': '', 'templates/page.njk': '---\na: 1\n---\n<p>\n{% for %}' },
    /^templates\/page\.njk:5 does not render: /,
  ],
  [
    'a broken include',
    { 'content/a.md': '{% include "part.njk" %}', 'templates/part.njk': 'one\n{{ site..name }}' },
    /^templates\/part\.njk:2 does not render: /,
  ],
  [
    'a failing include',
    { 'content/a.md': '{% include "part.njk" %}', 'templates/part.njk': 'one\n\n{{ nobody.there() }}' },
    /^templates\/part\.njk:3 does not/,
  ],
  [
    'a missing include',
    { 'content/a.md': 'one\n{% include "nope.njk" %}' },
    /^content\/a\.md:2 does not render: template not found: nope\.njk/,
  ],
  [
    'a missing layout',
    { 'content/a.md': '---\ntitle: a\nlayout: nope.njk\n---\n' },
    /^content\/a\.md:3 does not render: layout not found: nope\.njk/,
  ],
  [
    'a missing layout of a layout',
    { 'content/a.md': '', 'templates/page.njk': '---\nlayout: nope.njk\n---\n' },
    /^templates\/page\.njk:2 does .*layout not found/,
  ],
  ['YAML that is not', { 'content/a.md': '---\ntitle: a\nlead: "b\n---\n' }, /^content\/a\.md:\d does not render: /],
  [
    'JSON that is not',
    { 'content/a.md': '', 'content/content.json': '{\n"a": 1,\n}' },
    /^content\/content\.json:3 does not render: /,
  ],
  [
    'a date of this machine',
    { 'content/a.md': '---\ndate: Last Modified\n---\n' },
    /^content\/a\.md:2 does not render: .*write the date itself/,
  ],
  [
    'one permalink twice',
    { 'content/a.md': '---\npermalink: /b/\n---\n', 'content/b.md': '' },
    /^content\/[ab]\.md and content\/[ab]\.md would both be b\/index\.html/,
  ],
  [
    'a page and a file at one path',
    { 'content/x.svg': '<svg/>', 'content/a.njk': '---\npermalink: /x.svg\n---\n' },
    /would both be x\.svg/,
  ],
  [
    'a permalink out of the site',
    { 'content/a.md': '---\npermalink: ../../etc/x.html\n---\n' },
    /^content\/a\.md:2: its address leads out of the site/,
  ],
  [
    'one that goes up in the middle',
    { 'content/a.md': '---\npermalink: a/../../x/\n---\n' },
    /^content\/a\.md:2: its address leads out/,
  ],
  [
    'one among our own files',
    { 'content/a.md': '---\npermalink: /_holdfast/control.html\n---\n' },
    /^content\/a\.md:2: .*_holdfast/,
  ],
  [
    'one with a query',
    { 'content/a.md': '---\npermalink: /a/?b=1/\n---\n' },
    /^content\/a\.md:2: its address has a character/,
  ],
  [
    'one with a backslash',
    { 'content/a.md': '---\npermalink: "/a\\\\..\\\\b/"\n---\n' },
    /^content\/a\.md:2: its address has a character/,
  ],
  [
    'one with a control character',
    { 'content/a.md': '---\npermalink: "/a\\u0000b/"\n---\n' },
    /^content\/a\.md:2: its address has a character/,
  ],
  [
    'one too long',
    { 'content/a.md': `---\npermalink: /${'x'.repeat(201)}/\n---\n` },
    /^content\/a\.md:2: .*longer than 200 bytes/,
  ],
  [
    'one without an ending',
    { 'content/a.md': '---\npermalink: /about\n---\n' },
    /^content\/a\.md:2 does not render: .*file extension/,
  ],
  [
    'a permalink of a holding page',
    { 'content/holding/a.md': '---\npermalink: /x/\n---\n' },
    /^content\/holding\/a\.md:2 does .*no `permalink`/,
  ],
  [
    'a hostile holding name',
    { 'content/holding/a.md': '---\nname: ../../x\n---\n' },
    /^content\/holding\/a\.md:2: `name: \.\.\/\.\.\/x` is not lower-case/,
  ],
  [
    'a status that is none',
    { 'content/holding/a.md': '---\nstatus: soon\n---\n' },
    /^content\/holding\/a\.md:2: `status: soon` is not a whole number/,
  ],
  [
    'a status that no page is shown with',
    { 'content/holding/a.md': '---\nstatus: 304\n---\n' },
    /^content\/holding\/a\.md:2: `status: 304` is not 200, 202, or from 400 to 599/,
  ],
  [
    'a field that no holding page has',
    { 'content/holding/a.md': '---\ntitle: a\nretyAfter: 60\n---\n' },
    /^content\/holding\/a\.md:3: a holding page has no field `retyAfter`/,
  ],
  [
    'one name for two holding pages',
    { 'content/holding/a.md': '---\nname: b\n---\n', 'content/holding/b.md': '' },
    /^content\/holding\/[ab]\.md and content\/holding\/[ab]\.md would both be _holdfast\/holding\/b\.html; give each its own `name`/,
  ],
];

// Each is a process of its own: two at a time, while the tests wait for theirs in order.
const queue = new PQueue({ concurrency: 2 });
const refusals = REFUSED.map(([what, files, expected]) => {
  const message = queue.add(() => refusal({ ...BARE, ...files }).catch((error: unknown) => String(error)));
  return { what, expected, message };
});

for (const { what, expected, message } of refusals) {
  test(`${what} is refused by name and line`, async () => {
    assert.match(String(await message), expected);
  });
}

test('a link that leads out of the folders is refused; one that stays inside is read', async () => {
  const root = await project({ ...BARE, 'outside.md': 'canary', 'content/real.md': 'inside' });
  await symlink('real.md', join(root, 'content/also.md'));
  assert.is((await pages(root)).get('also/index.html'), '<p>inside</p>\n');
  await symlink('../outside.md', join(root, 'content/out.md'));
  try {
    await compose(options(root));
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), /content\/out\.md is a link that leads out of its folder/);
  }
});

test('an error in a built-in template is not laid at the door of the project', async () => {
  const fallback = await project({ 'templates/page.njk': '{% if %}' });
  assert.match(await refusal({ 'content/a.md': '' }, { fallback }), /^built-in templates\/page\.njk:1 does not render/);
});

test.run();
