// takes: 6 s
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type * as Load from '../../src/config/load.ts';
import type * as Drafts from '../../src/preview/draft.ts';
import { importBuilt } from '../support/built.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const { openDrafts } = await importBuilt<typeof Drafts>('preview/draft');
const { loadConfig } = await importBuilt<typeof Load>('config/load');

const test = suite('comments in the preview');
const signal = new AbortController().signal;
const PATH = 'post/index.html';

let origin: ScriptedSite;
let project: Project;
let drafts: Drafts.Drafts;

test.before(async () => {
  const said = [{ id: 1, author: 'Reader', date: '2026-05-04T10:00:00Z', html: '<p>Said by a reader.</p>' }];
  origin = await startSite({
    '/post/': page('A post', '<ol class="comment-list"><li>What was captured.</li></ol><a href="/other/">on</a>'),
    '/other/': page('Another', 'words'),
    '/comments.json': (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said));
    },
  });
  project = await openProject(
    smallConfig(origin.url, {
      lanes: [{ name: 'slow', paths: ['/post/', '/other/'], every: '1d' }],
      comments: [{ from: 'json', url: '/comments.json', page: '/post/', every: '1h', into: '.comment-list' }],
    }),
  );
  const published = await project.publish('--now');
  assert.is(published.exit, 0, published.stderr);
  drafts = openDrafts(await loadConfig({ cwd: project.dir, env: {} }), 'http://127.0.0.1:4600');
});

test.after(async () => {
  await drafts?.close();
  await project?.close();
  await origin?.close();
});

test('a page is shown with its thread, as it is published, and anew when the template of the thread is saved', async () => {
  const first = await drafts.make(signal);
  const html = String(await first.body(PATH));
  assert.match(html, 'Said by a reader.');
  assert.not.match(html, 'What was captured.');
  assert.match(String(await first.body('other/index.html')), 'words');
  assert.match(await project.read(PATH), 'Said by a reader.');
  await mkdir(join(project.dir, 'templates'), { recursive: true });
  await writeFile(
    join(project.dir, 'templates/comments.njk'),
    '{% for comment in comments %}<li class="edited">{{ comment.text }}</li>{% endfor %}',
  );
  const second = await drafts.make(signal);
  assert.match(String(await second.body(PATH)), '<li class="edited"><p>Said by a reader.</p></li>');
  assert.is.not(second.hashes.get(PATH), first.hashes.get(PATH));
  assert.is(second.hashes.get('404.html'), first.hashes.get('404.html'));
});

test.run();
