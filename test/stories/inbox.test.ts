// takes: 50 s
// time limit: 900 s
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import * as assert from 'uvu/assert';
import type { ReplayReport } from '../../src/inbox/replay.ts';
import { isHoldfastError } from '../../src/model/errors.ts';
import { createOwnClock, openReplaying, type Replaying } from '../inbox/replaying.ts';
import { startWordPress, type WordPress } from '../origins/wordpress/wordpress.ts';
import { builtPath } from '../support/built.ts';
import { freePort } from '../support/ports.ts';
import { openProject, type Project, type Ran, smallConfig } from '../support/project.ts';
import { suite } from '../support/suite.ts';
import { type Edge, serveWithInbox } from './inbox/edge.ts';
import { type Keeper, startKeeper } from './inbox/keeper.ts';
import { type Sent, sendComment } from './inbox/visitor.ts';

const test = suite('comments while a WordPress is away', { needs: ['wordpress', 'nginx', 'haproxy', 'root'] });

const isFull = process.env['HOLDFAST_FAULTS'] === 'all';
/** A delivery waits a tenth of a second for the next one's turn, and a service that was killed takes a second to be back. */
const [COMMENTS, KILLS] = isFull ? [200, 10] : [60, 3];
const VISITORS = 8;
/** How many a replay has delivered when it is killed. */
const KILLED_AFTER = isFull ? [20, 60] : [5, 15];

let origin: WordPress;
let project: Project;
let edge: Edge;
let keeper: Keeper;
let identity: string;
let password: string;

/** Application passwords are for https, and this WordPress has none. */
const PLAIN_HTTP = `<?php add_filter('wp_is_application_passwords_available', '__return_true');`;
const MAKE_USER = `$id = wp_insert_user(['user_login' => 'courier', 'user_pass' => wp_generate_password(), 'user_email' => 'courier@private.example', 'role' => 'editor']);
  [$password] = WP_Application_Passwords::create_new_application_password($id, ['name' => 'holdfast']); echo $password;`;

test.before(async () => {
  // Forms and REST are the same in every theme, and the classic one takes a tenth of the time for a page.
  origin = await startWordPress({ theme: 'twentytwentyone' });
  const plugins = join(origin.dir, 'www/wp-content/mu-plugins');
  await mkdir(plugins, { recursive: true });
  await writeFile(join(plugins, 'plain-http.php'), PLAIN_HTTP);
  password = await origin.wp(MAKE_USER);
  identity = await generateX25519Identity();
  project = await openProject(smallConfig(origin.url));
  const [port, listen] = [await freePort(), await freePort()];
  const config = smallConfig(origin.url, {
    site: { name: 'The Harbour Courant', url: `http://127.0.0.1:${port}` },
    edge: { limits: { connections: 1000, requestsPerSecond: 10_000, burst: 10_000 } },
    inbox: {
      listen: `127.0.0.1:${listen}`,
      recipient: await identityToRecipient(identity),
      replay: { user: 'courier', password: 'env:STORY_PASSWORD', identity: 'env:STORY_IDENTITY' },
    },
  });
  await project.configure(config);
  const published = await project.publish('--now');
  assert.is(published.exit, 0, published.stderr);
  edge = await serveWithInbox(config, join(project.dir, 'mirror'), port);
  keeper = startKeeper(project.dir, listen);
  await keeper.ready();
});

test.after(async () => {
  await keeper?.stop();
  await edge?.close();
  await project?.close();
  await origin?.close();
});

const post = () => origin.posts.at(-1)?.id ?? 0;

/** How often each text of the story stands in WordPress, whatever its state. */
async function stored(like: string): Promise<ReadonlyMap<string, number>> {
  const rows = await origin.wp(
    `global $wpdb; echo json_encode($wpdb->get_results("SELECT comment_content AS text, COUNT(*) AS times FROM $wpdb->comments WHERE comment_content LIKE '${like}%' GROUP BY comment_content"));`,
  );
  return new Map(
    (JSON.parse(rows) as { text: string; times: string }[]).map(({ text, times }) => [text, Number(times)]),
  );
}

const replayed = (): Promise<Ran> =>
  project.spawn(['inbox', 'replay', '--json'], { STORY_PASSWORD: password, STORY_IDENTITY: identity });

test('while it answers, a comment goes straight to it and its answer comes back through the edge', async () => {
  const answer = await sendComment(edge.port, { nth: 1, post: post(), text: 'story direct' });
  assert.is(answer.status, 302, answer.body);
  assert.match(answer.location, new RegExp(`^http://127\\.0\\.0\\.1:${edge.port}/.*#comment-\\d+$`));
  const twice = await sendComment(edge.port, { nth: 1, post: post(), text: 'story direct' });
  assert.is(twice.status, 409, "WordPress's own word on doubles");
  const empty = await sendComment(edge.port, { nth: 2, post: post(), text: '' });
  assert.is(empty.status, 200, 'and on what is missing');
  assert.is(keeper.entries().length, 0);
});

const sent: Sent[] = [];

test('while PHP is stopped, comments come in and the inbox is killed in between: each is acknowledged, or told that it was not kept', async () => {
  await origin.stopPhp();
  let next = 0;
  let kills = 0;
  const visitor = async () => {
    for (let nth = next++; nth < COMMENTS; nth = next++) {
      const text = `story comment number ${nth}: “quoted” & done`;
      const through = nth % 2 === 0 ? edge.port : edge.haproxyPort;
      const sending = sendComment(edge.port, { nth: nth + 10, post: post(), text }, through);
      if (nth % (COMMENTS / KILLS) === COMMENTS / KILLS / 2) {
        kills += 1;
        keeper.kill();
      }
      sent.push(await sending);
      await keeper.ready();
    }
  };
  await Promise.all(Array.from({ length: VISITORS }, visitor));
  assert.is(kills, KILLS);
  assert.is(sent.length, COMMENTS);
  for (const { status, body, receipt } of sent) {
    assert.ok(status === 202 ? receipt : status >= 500, `status ${status}`);
    if (status !== 202) assert.match(body, /not kept|<h1>/i);
  }
  const statuses = sent
    .slice(0, 12)
    .map(({ status, body }) => `${status} ${/<h1>.*?<\/h1>/.exec(body)?.[0]}`)
    .join();
  const acknowledged = sent.filter(({ status }) => status === 202);
  const kept = new Set(keeper.entries().map((receipt) => receipt));
  // A kill takes what is under way, and what comes until the service is up again; how much that is depends on the machine.
  assert.ok(acknowledged.length >= COMMENTS / 4, `${acknowledged.length} acknowledged: ${statuses}\n${keeper.said()}`);
  assert.ok(acknowledged.every(({ receipt }) => kept.has(receipt ?? '')));
  const behind = acknowledged.filter(({ text }) => Number(/number (\d+)/.exec(text)?.[1]) % 2 === 1).length;
  assert.ok(behind > 0 && behind < acknowledged.length, `${behind} of them through HAProxy, the others through nginx`);
  console.log(`${acknowledged.length} of ${COMMENTS} acknowledged, ${kept.size} kept, ${KILLS} kills`);
});

test('while it is away a replay delivers nothing, and status tells how long it will take', async () => {
  const ran = await replayed();
  assert.is(ran.exit, 0, ran.stderr);
  const report = JSON.parse(ran.stdout.trim()) as ReplayReport;
  assert.equal([report.delivered, report.stopped], [0, 'the origin is not well']);
  assert.match((await project.run(['status'])).stdout, /inbox: \d+ wait, the oldest for .*; delivering takes \d+ s/);
  const list = JSON.parse((await project.run(['inbox', 'list', '--json'])).stdout) as { submissions: unknown[] };
  assert.is(list.submissions.length, keeper.entries().length);
});

test('no name, word or address of a visitor is in any file or log: all is sealed', async () => {
  const found = await keeper.find(/story comment|Reader|private\.example|127\.\d+\.\d+\.\d+(?!:)/);
  assert.equal(found, []);
});

test('once it is back, replays that are killed twice and then run to their end deliver each acknowledged comment exactly once', async () => {
  await origin.startPhp();
  const kept = keeper.entries().length;
  for (const after of KILLED_AFTER) await killedReplay(after);
  const ran = await replayed();
  assert.is(ran.exit, 0, ran.stderr);
  const report = JSON.parse(ran.stdout.trim()) as ReplayReport;
  assert.equal([report.waiting, report.refused, report.later, report.stopped], [0, 0, 0, null], ran.stderr);
  assert.ok(report.delivered > 0 && report.delivered < kept);
  const times = await stored('story comment');
  for (const { text, status } of sent) {
    const often = times.get(text) ?? 0;
    assert.ok(status === 202 ? often === 1 : often <= 1, `${text}: ${often} times, answered ${status}`);
  }
});

/** Kills a replay once it has delivered so many. */
async function killedReplay(after: number): Promise<void> {
  const child = spawn(process.execPath, [builtPath('cli/main'), 'inbox', 'replay'], {
    cwd: project.dir,
    env: { ...process.env, STORY_PASSWORD: password, STORY_IDENTITY: identity },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  child.stderr.on('data', (chunk) => {
    told += chunk;
    if (told.split('"delivered"').length > after) child.kill('SIGKILL');
  });
  const how = await new Promise((resolve) => child.once('exit', (_code, name) => resolve(name)));
  assert.is(how, 'SIGKILL', told);
}

test('the comments carry their authors, their own times and addresses, and stand approved or not as WordPress is set', async () => {
  const row = await origin.wp(
    `global $wpdb; echo json_encode($wpdb->get_row("SELECT comment_author AS author, comment_author_email AS email, comment_author_IP AS ip, user_id, comment_approved AS approved, ABS(TIMESTAMPDIFF(SECOND, comment_date_gmt, UTC_TIMESTAMP())) AS age FROM $wpdb->comments WHERE comment_content LIKE 'story comment%' ORDER BY comment_ID LIMIT 1"));`,
  );
  const { author, email, ip, user_id, approved, age } = JSON.parse(row) as Record<string, string>;
  assert.equal([author, user_id, approved], ['Reader', '0', '1']);
  assert.match(email ?? '', /^reader-.*@private\.example$/);
  assert.match(ip ?? '', /^127\.1\./);
  assert.ok(Number(age) > 2, 'it is dated when it was written, not when it was delivered');
});

/** Replays of this process, whose sixteen seconds the test has WordPress believe. */
async function byHand(more: Parameters<typeof openReplaying>[1] = {}): Promise<Replaying> {
  const clock = createOwnClock(Date.now());
  const { sleep } = clock;
  const aging = {
    ...clock,
    async sleep(ms: number, signal?: AbortSignal) {
      await sleep(ms, signal);
      const seconds = Math.floor(ms / 1000);
      await origin.wp(
        `global $wpdb; $wpdb->query("UPDATE $wpdb->comments SET comment_date_gmt = comment_date_gmt - INTERVAL ${seconds} SECOND WHERE comment_content LIKE 'by hand%'");`,
      );
    },
  };
  return openReplaying(origin.url, more, aging);
}

const withPassword = () => ({ replay: { user: 'courier', password } });

test('without a password forms go 16 s apart, which WordPress just takes; one that waits for a moderator counts', async () => {
  const replaying = await byHand();
  try {
    const fields = { comment_post_ID: String(post()), author: 'Ann', email: 'ann@private.example' };
    for (let nth = 0; nth < 3; nth++) await replaying.add({ ...fields, comment: `by hand ${nth}` });
    await replaying.add({ ...fields, comment: 'by hand 0' });
    await origin.wp(`update_option('comment_moderation', '1');`);
    const report = await replaying.replay();
    await origin.wp(`update_option('comment_moderation', '');`);
    assert.equal([report.delivered, report.later, report.refused], [4, 0, 0], JSON.stringify(replaying.log));
    assert.equal(new Set((await stored('by hand')).values()), new Set([1]));
  } finally {
    await replaying.close();
  }
});

test('what WordPress refuses becomes a dead letter with its reason, by the form and by REST', async () => {
  const replaying = await byHand(withPassword());
  const plain = await byHand();
  try {
    const closed = String(origin.pages[0]?.id ?? 0);
    const gone = '999999';
    for (const one of [replaying, plain])
      for (const page of [closed, gone]) await one.add({ comment_post_ID: page, comment: `by hand ${page}` });
    assert.is((await replaying.replay()).refused, 2);
    const report = await plain.replay();
    assert.is(report.refused, 2, JSON.stringify(plain.log));
    for (const one of [replaying, plain])
      for (const entry of await one.spool.list('refused')) assert.ok((await one.spool.why(entry))?.code);
  } finally {
    await replaying.close();
    await plain.close();
  }
});

test('a comment that is stored already, approved or waiting, is found and not sent again; anonymously WordPress says so itself', async () => {
  const replaying = await byHand(withPassword());
  const plain = await byHand();
  try {
    const say = (comment: string, approved: number) =>
      origin.wp(
        `echo wp_insert_comment(['comment_post_ID' => ${post()}, 'comment_author' => 'Ann', 'comment_author_email' => 'ann@private.example', 'comment_content' => '${comment}', 'comment_approved' => ${approved}]);`,
      );
    const ids = [Number(await say('by hand: lost & found', 1)), Number(await say('by hand: lost and waiting', 0))];
    const fields = { comment_post_ID: String(post()), author: 'Ann', email: 'ann@private.example' };
    for (const one of [replaying, plain])
      for (const comment of ['by hand: lost & found', 'by hand: lost and waiting'])
        await one.add({ ...fields, comment }, { sure: false });
    assert.is((await replaying.replay()).delivered, 2);
    assert.equal(
      replaying.log.map(({ id }) => id),
      ids,
    );
    assert.is((await plain.replay()).delivered, 2, JSON.stringify(plain.log));
    assert.is(plain.log[0]?.id, ids[0], 'the approved one can be seen');
    assert.equal(new Set((await stored('by hand: lost')).values()), new Set([1]));
  } finally {
    await replaying.close();
    await plain.close();
  }
});

test("markup never goes by an editor's hand, who may write any: WordPress takes out of it what a visitor may not", async () => {
  const replaying = await byHand(withPassword());
  try {
    const comment = 'by hand <em>markup</em> <img src=x onerror=alert(1)><script>alert(2)</script>';
    await replaying.add({ comment_post_ID: String(post()), comment });
    assert.is((await replaying.replay()).delivered, 1, JSON.stringify(replaying.log));
    const [text = ''] = (await stored('by hand <em>')).keys();
    assert.match(text, '<em>markup</em>');
    assert.not.match(text, /<img|<script/);
  } finally {
    await replaying.close();
  }
});

test('credentials that WordPress does not take end the run at once, and nothing is lost', async () => {
  const replaying = await byHand({ replay: { user: 'courier', password: 'wrong' } });
  try {
    await replaying.add({ comment_post_ID: String(post()), comment: 'by hand: wrong password' });
    const error = await replaying.replay().catch((reason: unknown) => reason);
    assert.ok(isHoldfastError(error, 'inbox-credentials'));
    assert.equal(await replaying.folders(), { new: 1 });
  } finally {
    await replaying.close();
  }
});

test.run();
