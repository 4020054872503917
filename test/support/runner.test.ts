// takes: 8 s
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { findTests } from './files.ts';
import { filesOf } from './parts.ts';
import { type Ran, runFiles } from './runner.ts';
import { suite } from './suite.ts';
import { failuresOf, readMustRun, reportOf, verdictOf } from './verdict.ts';

const UVU = import.meta.resolve('uvu');
const SUITE = new URL('./suite.ts', import.meta.url).href;
const START = `import { suite } from '${UVU}'; const test = suite('made up');`;
const FAILING = `${START} test('a', () => {}); test('b', () => { throw new Error('boom-in-b'); }); test.skip('c', () => {}); test.run();`;

async function runMadeUp(sources: Record<string, string>): Promise<Ran[]> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-runner-'));
  try {
    for (const [path, source] of Object.entries(sources)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), source);
    }
    const ran = await runFiles(root, findTests(root, 'test', []), READY);
    return ran.sort((a, b) => (a.path < b.path ? -1 : 1));
  } finally {
    await rm(root, { recursive: true });
  }
}

/** Nothing has to be installed, and nobody looks. */
const READY = { installed: Promise.resolve(), report: () => {} };

const counts = (ran: Ran | undefined) => [ran?.passed, ran?.failed, ran?.skipped];
const made = (path: string, skipped = 0): Ran => ({
  path,
  passed: 1,
  failed: 0,
  skipped,
  notes: [],
  seconds: 0,
  output: '',
});

const HEADS: Readonly<Record<string, string>> = {
  a: '// takes: 5 s\n',
  b: '// takes: 9 s\n',
  c: '// exclusive: it measures\n',
  e: '// waits: for nothing\n',
};

const test = suite('the test runner');

const cases: { name: string; source: string; expect: [number, number, number]; says?: string }[] = [
  { name: 'counts passed, failed and skipped tests', source: FAILING, expect: [1, 1, 1] },
  {
    name: 'takes a crash for a failure',
    source: `throw new Error('at load');`,
    expect: [0, 1, 0],
    says: 'before its summary',
  },
  {
    name: 'takes a file without tests for a failure',
    source: `console.log('nothing');`,
    expect: [0, 1, 0],
    says: 'before its summary',
  },
  {
    name: 'takes an empty suite for a failure',
    source: `${START} test.run();`,
    expect: [0, 1, 0],
    says: 'no test in it',
  },
  {
    name: 'takes a late crash for a failure although all tests passed',
    source: `${START} test('a', () => {}); test.run(); setTimeout(() => process.exit(7), 300);`,
    expect: [1, 1, 0],
    says: 'ended with 7',
  },
  {
    name: 'takes tests that never ran, since a before hook threw, for failures',
    source: `${START} test.before(() => { throw new Error('no'); }); test('a', () => {}); test('b', () => {}); test.run();`,
    expect: [0, 2, 0],
  },
  {
    name: 'ends a file at its time limit',
    source: `// time limit: 2 s\n${START} test('a', () => new Promise(() => setInterval(() => {}, 1000))); test.run();`,
    expect: [0, 1, 0],
    says: 'time limit',
  },
  {
    name: 'does not wait for what a test left running',
    source: `import { spawn } from 'node:child_process'; ${START} test('a', () => { spawn('sleep', ['100'], { stdio: 'inherit' }).unref(); }); test.run();`,
    expect: [1, 0, 0],
  },
];

test('knows how a file ended', async () => {
  const ran = await runMadeUp(Object.fromEntries(cases.map((one, at) => [`test/${at}.test.ts`, one.source])));
  for (const [at, one] of cases.entries()) {
    assert.equal(counts(ran[at]), one.expect, one.name);
    if (one.says) assert.match(ran[at]?.notes.join() ?? '', one.says, one.name);
  }
});

test('takes a file that does not compile for a failure, and says where', async () => {
  const [broken] = await runMadeUp({ 'test/a.test.ts': `${START}\nconst = 1;`, 'test/b.test.ts': FAILING });
  assert.equal(counts(broken), [0, 1, 0]);
  assert.match(broken?.output ?? '', /a\.test\.ts:2:\d+: /);
});

test('prints a failing file in full and a passing one in a line, and what failed once more at the end', async () => {
  const ran = await runMadeUp({
    'test/bad.test.ts': FAILING,
    'test/good.test.ts': `${START} test('a', () => console.log('chatter')); test.run();`,
  });
  const [bad = '', good = ''] = ran.map(reportOf);
  assert.match(bad, 'boom-in-b');
  assert.is(good.includes('chatter'), false);
  assert.is(good.split('\n').length, 1);
  const again = failuresOf(ran);
  assert.is(again.length, 1);
  assert.match(again[0] ?? '', /^FAIL .* test\/bad\.test\.ts .*boom-in-b/s);
});

test('leaves out test/bench, takes patterns, and runs exclusive files alone and waiting ones beside the others', async () => {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-runner-'));
  try {
    await mkdir(join(root, 'test/bench'), { recursive: true });
    // Each ends once three have begun, so that this takes no clock.
    const source = (name: string) =>
      `${HEADS[name] ?? ''}import * as fs from 'node:fs'; ${START} test('t', async () => {
        fs.appendFileSync('order', '+');
        while (!fs.readFileSync('order', 'utf8').startsWith('+++')) await new Promise((r) => setTimeout(r, 50));
        fs.appendFileSync('order', '-'); }); test.run();`;
    for (const name of ['a', 'b', 'c', 'e', 'bench/d'])
      await writeFile(join(root, `test/${name}.test.ts`), source(name));
    assert.equal(
      findTests(root, 'test', ['b.test', 'c.te']).map((file) => file.path),
      ['test/b.test.ts', 'test/c.test.ts'],
    );
    assert.equal(
      findTests(root, 'test', []).map((file) => file.path),
      ['b', 'a', 'c', 'e'].map((name) => `test/${name}.test.ts`),
    );
    const ran = await runFiles(root, findTests(root, 'test', []), READY);
    assert.equal(ran.map((file) => file.path).at(-1), 'test/c.test.ts');
    assert.equal(ran.length, 4);
    // Two at once and the one that waits, then the exclusive one by itself.
    assert.equal(await readFile(join(root, 'order'), 'utf8'), '+++---+-');
  } finally {
    await rm(root, { recursive: true });
  }
});

test('what has to be installed is waited for by the files that need it, and by no other', async () => {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-runner-'));
  try {
    await mkdir(join(root, 'test'));
    const passing = `${START} test('t', () => {}); test.run();`;
    for (const [name, source] of [
      ['rig.ts', `export const rig = { needs: ['nginx'] };`],
      ['a.test.ts', `// takes: 9 s\nimport './rig.ts'; ${passing}`],
      ['b.test.ts', passing],
      ['c.test.ts', passing],
    ] as const)
      await writeFile(join(root, 'test', name), source);
    const order: string[] = [];
    let installed = (): void => {};
    const installing = new Promise<void>((resolve) => {
      installed = resolve;
    });
    await runFiles(root, findTests(root, 'test', []), {
      installed: installing.then(() => void order.push('installed')),
      report: ({ path }) => {
        order.push(path.slice(-9));
        if (order.length === 2) installed();
      },
    });
    assert.equal(
      [...order.slice(0, 2).sort(), ...order.slice(2)],
      ['b.test.ts', 'c.test.ts', 'installed', 'a.test.ts'],
    );
  } finally {
    await rm(root, { recursive: true });
  }
});

test('a suite whose need is absent is skipped, hooks and all, and says what it needs', async () => {
  const needy = (
    test: string,
    options: string,
  ) => `import { suite } from '${SUITE}'; const test = suite('needy', ${options});
    test.before(() => { throw new Error('hook ran'); }); test('a', () => { ${test} }); test.run();`;
  const [skipped, ran] = await runMadeUp({
    // In this process nobody is root, whoever runs it.
    'test/a.test.ts': `process.getuid = () => 65534;\n${needy(`throw new Error('test ran');`, `{ needs: ['root'] }`)}`,
    'test/b.test.ts': needy('', '{}'),
  });
  assert.equal(counts(skipped), [0, 0, 1]);
  assert.match(skipped?.notes.join() ?? '', 'skipped: needy: needs root');
  assert.equal(counts(ran), [0, 1, 0]);
  assert.match(ran?.output ?? '', 'hook ran');
});

test('CI may not skip a suite on the list', () => {
  const list = readMustRun('# why\n\ntest/a.test.ts\n test/b.test.ts \n');
  assert.equal(list, ['test/a.test.ts', 'test/b.test.ts']);
  assert.equal(verdictOf([made('test/a.test.ts'), made('test/b.test.ts')], list), {
    ok: true,
    complaints: [],
    closing: '2 passed, 0 failed, 0 skipped',
  });
  assert.match(
    verdictOf([made('test/a.test.ts'), made('test/b.test.ts', 3)], list).complaints.join(),
    'test/b.test.ts may not be skipped, and 3',
  );
  const absentOne = verdictOf([made('test/a.test.ts')], list);
  assert.is(absentOne.ok, false);
  assert.match(absentOne.complaints.join(), 'test/b.test.ts may not be skipped, and it is absent');
});

test('a part is found whatever the version in its path', async () => {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-parts-'));
  try {
    await mkdir(join(root, 'php/20990101'), { recursive: true });
    await writeFile(join(root, 'php/20990101/gd.so'), '');
    assert.equal(filesOf(`${root}/php/*/gd.so`), [`${root}/php/20990101/gd.so`]);
    assert.equal(filesOf(`${root}/php/*/curl.so`), []);
    assert.equal(filesOf(`${root}/nothing/*/gd.so`), []);
  } finally {
    await rm(root, { recursive: true });
  }
});

test.run();
