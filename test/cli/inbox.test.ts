import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import * as assert from 'uvu/assert';
import type { Entry } from '../../src/inbox/entry.ts';
import { createSeal } from '../../src/inbox/seal.ts';
import { type Folder, openSpool, type Spool } from '../../src/inbox/spool.ts';
import { packed } from '../../src/inbox/submission.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { suite } from '../support/suite.ts';

const test = suite('holdfast inbox list, show, retry, drop');

let project: Project;
let spool: Spool;
let identity: string;
let recipient: string;

const receiptOf = (nth: number) => `${nth}`.repeat(32);

test.before(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});

/** One that waits, one that was put off and may have been stored, one that was refused, one that was delivered. */
test.before.each(async () => {
  project = await openProject(smallConfig('http://127.0.0.1:9', { inbox: { recipient } }));
  spool = await openSpool(join(project.dir, '.holdfast/production/inbox'));
  await put(1, 'new');
  await put(2, 'new', { tries: 2, due: Date.now() + 60_000, sure: false });
  await put(3, 'refused');
  await put(4, 'done');
});

test.after.each(() => project.close());

async function put(nth: number, folder: Folder, more: Partial<Entry> = {}): Promise<void> {
  const receipt = receiptOf(nth);
  const entry: Entry = { at: Date.now() - 90_000, receipt, key: receipt, tries: 0, due: 0, sure: true, ...more };
  const fields = [['comment', `Words ${nth}\nof two lines\u009b2J`] as const, ['author', 'Ann'] as const];
  const kept = { v: 1, at: entry.at, path: '/wp-comments-post.php', address: '203.0.113.7', agent: 'B/1' } as const;
  await spool.keep(entry, await (await createSeal(recipient)).close(packed({ ...kept, fields })));
  if (folder === 'refused') await spool.explain(entry, { code: 'closed', status: 403, text: 'comments are closed' });
  if (folder !== 'new') await spool.move(entry, 'new', folder);
}

const receipts = async (folder: Folder) => (await spool.list(folder)).map(({ receipt }) => receipt);

test('list says of each what becomes of it, and nothing of what it says', async () => {
  const { exit, stdout } = await project.run(['inbox', 'list']);
  assert.is(exit, 0);
  const says = [
    /^1{32} {2}waiting, \d+ (?:s|min) old$/m,
    /^2{32} {2}waiting, .* old, 2 tries failed, next 20.*Z, may have been stored$/m,
    /^3{32} {2}refused, .*, closed \(403\): comments are closed$/m,
    /^4{32} {2}delivered, /m,
  ];
  for (const line of says) assert.match(stdout, line);
  assert.is(stdout.trimEnd().split('\n').length, says.length);
  assert.not.match(stdout, /Words|Ann|203\.0/);
  const { submissions } = JSON.parse((await project.run(['inbox', 'list', '--json'])).stdout);
  assert.equal(
    submissions.map(({ state, tries, unsure }: Record<string, unknown>) => [state, tries, unsure]),
    [
      ['waiting', 0, false],
      ['waiting', 2, true],
      ['delivered', 0, false],
      ['refused', 0, false],
    ],
  );
});

test('show needs the private key, and takes the beginning of a receipt', async () => {
  const without = await project.run(['inbox', 'show', '1111']);
  assert.is(without.exit, 2);
  assert.match(without.stderr, /sealed, and no identity was given/);
  await writeFile(join(project.dir, 'key.txt'), `# created: today\n# public key: ${recipient}\n${identity}\n`);
  const shown = await project.run(['inbox', 'show', '1111', '--identity', 'key.txt']);
  assert.is(shown.exit, 0, shown.stderr);
  assert.match(
    shown.stdout,
    /\/wp-comments-post\.php {2}from 203\.0\.113\.7\ncomment: Words 1\n {2}of two lines\?2J\nauthor: Ann/,
  );
  const json = await project.run(['inbox', 'show', '3', '--identity', 'key.txt', '--json']);
  assert.is(JSON.parse(json.stdout).receipt, receiptOf(3));
  assert.is((await project.run(['inbox', 'show', '1111', '--identity', 'no-such.txt'])).exit, 2);
});

test('retry has what was refused or put off delivered at the next replay; what may be stored stays so', async () => {
  assert.is((await project.run(['inbox', 'retry'])).exit, 2, 'neither a receipt nor --all');
  assert.is((await project.run(['inbox', 'retry', '2'])).exit, 0);
  for (const number of [5, 6]) await put(number, 'refused', { sure: false });
  assert.is((await project.run(['inbox', 'retry', '5'])).exit, 0);
  assert.match((await project.run(['inbox', 'retry', '--all'])).stdout, '2 due at the next holdfast inbox replay');
  assert.equal(await receipts('refused'), []);
  assert.equal(
    (await spool.list('new')).map(({ receipt, tries, due, sure }) => [receipt[0], tries, due, sure]),
    [
      ['1', 0, 0, true],
      ['2', 0, 0, false],
      ['3', 0, 0, true],
      // Whoever named it has looked whether it is there, and nobody has looked at all of them.
      ['5', 0, 0, true],
      ['6', 0, 0, false],
    ].sort(),
  );
});

test('drop removes one, whatever its state, with the reason it was refused for', async () => {
  assert.match((await project.run(['inbox', 'drop', '3333'])).stdout, `${receiptOf(3)} is gone`);
  assert.is((await project.run(['inbox', 'drop', '4'])).exit, 0);
  assert.equal([await receipts('refused'), await receipts('done')], [[], []]);
  const gone = await project.run(['inbox', 'drop', '3333']);
  assert.is(gone.exit, 2);
  assert.match(gone.stderr, /no submission .* has the receipt 3333/);
});

test('a beginning that several have is refused, and nothing is dropped', async () => {
  await put(1, 'new', { receipt: `11${'2'.repeat(30)}` });
  const { exit, stderr } = await project.run(['inbox', 'drop', '11']);
  assert.is(exit, 2);
  assert.match(stderr, /several submissions/);
  assert.is((await receipts('new')).length, 3);
});

test.run();
