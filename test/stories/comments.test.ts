// takes: 45 s
// time limit: 300 s
import * as assert from 'uvu/assert';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { approve, installHook, waitingComment } from '../origins/wordpress/hook.ts';
import { startWordPress, type WordPress } from '../origins/wordpress/wordpress.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { startResident } from '../support/resident.ts';
import { suite } from '../support/suite.ts';

const test = suite('comments of a WordPress, grafted', { needs: ['wordpress', 'root'] });

/** Always due. */
const EACH_CYCLE = '1ms';
/** The lane of the page itself: never due again in this story. */
const SLOW = '1d';
const PRIVATE = /private\.example|gravatar|127\.9\.9\.9/;

let origin: WordPress;
let project: Project;
let file: string;

test.before(async () => {
  // The classic theme: the block theme takes ten times as long for a page, and its markup is looked at in the test of the templates.
  origin = await startWordPress({ theme: 'twentytwentyone' });
  file = `${origin.announcement.path.slice(1)}index.html`;
  project = await openProject(config());
});

test.after(async () => {
  await project?.close();
  await origin?.close();
});

function config(resync = SLOW): HoldfastConfig {
  return smallConfig(origin.url, {
    origin: { url: origin.url, requestsPerSecond: 0, concurrency: 2, deadline: '60s' },
    lanes: [{ name: 'slow', paths: [origin.announcement.path], every: SLOW }],
    assets: { every: SLOW },
    comments: [{ from: 'wordpress', page: origin.announcement.path, every: EACH_CYCLE, resync }],
  });
}

/** Ids and levels, in the order in which they are shown. */
function threadIn(html: string): readonly string[] {
  return [...html.matchAll(/<li id="comment-(\d+)" class="comment[^"]* (depth-\d)/g)].map(
    ([, id, depth]) => `${id} ${depth}`,
  );
}

const titleIn = (html: string): string => /class="comments-title">\s*([^<]*?)\s*</.exec(html)?.[1] ?? '';

/** One cycle that asks the origin for one list and nothing else, and writes one page. */
async function cycle(): Promise<string> {
  await origin.hits();
  const { exit, json, stderr } = await project.publish();
  assert.is(exit, 0, stderr);
  const asked = (await origin.hits()).map(({ path }) => path.replace(/\?.*/, ''));
  assert.equal(asked, ['/wp-json/wp/v2/comments']);
  assert.equal([json.files.added, json.files.changed, json.files.removed], [0, 1, 0]);
  return project.read(file);
}

test('the page shows the thread that WordPress shows, without addresses of its writers', async () => {
  const original = await (await fetch(origin.url + origin.announcement.path)).text();
  const { exit, json, stderr } = await project.publish('--now');
  assert.is(exit, 0, stderr);
  assert.equal(json.comments, { new: 1000, edited: 0, removed: 0 });
  const page = await project.read(file);
  assert.is(threadIn(page).length, 1000);
  assert.equal(threadIn(page), threadIn(original));
  assert.is(titleIn(page), titleIn(original));
  const thread = page.slice(page.indexOf('<ol class="comment-list">'), page.indexOf('id="respond"'));
  assert.not.match(thread, PRIVATE);
});

test('a quiet cycle asks for one list and writes nothing', async () => {
  await origin.hits();
  const { json } = await project.publish();
  assert.is((await origin.hits()).length, 1);
  assert.equal(json.releases, []);
});

test('a comment sent through the form is shown by the next cycle, for one list and one page', async () => {
  const { id, status } = await origin.comment(origin.announcement.id, 'The <em>tide</em> & the {{ clock }}.');
  assert.is(status, 302);
  const page = await cycle();
  assert.ok(threadIn(page).includes(`${id} depth-1`));
  assert.match(page, 'The <em>tide</em> &amp; the {{ clock }}.');
  assert.is(titleIn(page), '1,001 comments');
});

test('an answer stands under what it answers, and an edit shows', async () => {
  const { id } = await origin.comment(origin.announcement.id, 'To you.', { comment_parent: '1000' });
  await origin.wp(`wp_update_comment(['comment_ID' => 999, 'comment_content' => 'I have thought again.']);`);
  const page = await cycle();
  const thread = threadIn(page);
  assert.is(thread.indexOf(`${id} depth-2`), thread.indexOf('1000 depth-1') + 1);
  assert.match(page, 'I have thought again.');
});

test('one that is trashed and one that is marked as spam go, and their answers stay', async () => {
  const before = threadIn(await project.read(file));
  await origin.wp(`wp_trash_comment(998); wp_spam_comment(1000);`);
  const after = threadIn(await cycle());
  assert.equal(
    before.map((entry) => entry.split(' ')[0]).filter((id) => !after.some((entry) => entry.startsWith(`${id} `))),
    before.map((entry) => entry.split(' ')[0]).filter((id) => id === '998' || id === '1000'),
  );
});

test('one in moderation is not shown, and is in its place once it is approved, though newer ones were seen before', async () => {
  const held = Number(
    await origin.wp(
      `echo get_comments(['status' => 'hold', 'post_id' => ${origin.announcement.id}, 'number' => 1, 'fields' => 'ids'])[0];`,
    ),
  );
  assert.ok(held > 1001);
  assert.not.match(await project.read(file), `comment-${held}"`);
  await origin.wp(`wp_set_comment_status(${held}, 'approve');`);
  assert.match(await cycle(), `id="comment-${held}"`);
});

test('one far down the list that is approved again is found in a few requests', async () => {
  await origin.wp(`wp_set_comment_status(700, 'hold');`);
  await origin.hits();
  assert.is((await project.publish()).exit, 0);
  assert.not.match(await project.read(file), 'id="comment-700"');
  assert.ok((await origin.hits()).length <= 5);
  await origin.wp(`wp_set_comment_status(700, 'approve');`);
  assert.is((await project.publish()).exit, 0);
  assert.match(await project.read(file), 'id="comment-700"');
});

test('an edit among the oldest is found when all are looked at again', async () => {
  await origin.wp(`wp_update_comment(['comment_ID' => 2, 'comment_content' => 'Said long ago, said anew.']);`);
  assert.equal((await project.publish()).json.releases, []);
  await project.configure(config('1ms'));
  const { json } = await project.publish();
  assert.equal(json.comments, { new: 0, edited: 1, removed: 0 });
  assert.match(await project.read(file), 'Said long ago, said anew.');
  await project.configure(config());
});

test('while WordPress is away the thread stays, and a warning says how old it is', async () => {
  const before = await project.read(file);
  await origin.stopPhp();
  const { exit, json } = await project.publish();
  assert.is(exit, 3);
  assert.equal(
    json.warnings.map(({ code, path }) => [code, path]),
    [['comments-failed', origin.announcement.path]],
  );
  assert.is(await project.read(file), before);
  await origin.startPhp();
  const { exit: after } = await project.publish('--now');
  assert.is(after, 0);
});

test('with the hook installed, what an editor approves is live by itself, though nothing is due', async () => {
  const { comments = [], ...rest } = config();
  const token = 'a-word-of-this-test';
  await project.configure({
    ...rest,
    comments: comments.map((entry) => ({ ...entry, every: SLOW })),
    run: { listen: '127.0.0.1:0', token: 'env:TRIGGER_TOKEN' },
  });
  const resident = startResident(project.dir, { TRIGGER_TOKEN: token });
  try {
    const url = await resident.url();
    await resident.until(({ why, exit }) => why === 'tick' && exit === 0);
    await installHook(origin, { url, token });
    const id = await waitingComment(origin, origin.announcement.id, 'Will somebody let this in?');
    assert.not.match(await project.read(file), `id="comment-${id}"`);
    await approve(origin, id);
    await resident.until(({ why, exit }) => why === 'trigger' && exit === 0);
    assert.match(await project.read(file), `id="comment-${id}"`);
    // As the inbox delivers one by REST: no form is posted.
    const fields = `['comment_post_ID' => ${origin.announcement.id}, 'comment_content' => 'Delivered later.']`;
    const delivered = /id (\d+)/.exec(await origin.wp(`echo 'id ', wp_insert_comment(${fields});`))?.[1];
    await resident.until(({ why, exit }) => why === 'trigger' && exit === 0);
    assert.match(await project.read(file), `id="comment-${delivered}"`);
    // Taken back as a draft it has no address any more: what is looked at is where it stood.
    await origin.hits();
    await origin.wp(`wp_update_post(['ID' => ${origin.announcement.id}, 'post_status' => 'draft']);`);
    await resident.until(({ why }) => why === 'trigger');
    const looked = (await origin.hits()).map(({ path }) => path);
    assert.ok(looked.includes(origin.announcement.path), looked.join());
  } finally {
    await resident.stop();
  }
});

test.run();
