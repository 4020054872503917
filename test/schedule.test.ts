import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { suite } from './support/suite.ts';

const run = promisify(execFile);
const published = (path: string): Promise<string> => readFile(new URL(`../publish/${path}`, import.meta.url), 'utf8');

/** What cron runs: the sixth field is the user, the rest is for the shell. */
async function cronCommand(project: string): Promise<string> {
  const line =
    (await published('schedule/cron/holdfast')).split('\n').find((one) => one.startsWith('* * * * * ')) ?? '';
  const [, command = ''] = /^(?:\S+ ){5}holdfast (.+)$/.exec(line) ?? [];
  assert.not.match(command, '%', 'cron takes a per cent sign for the end of the line');
  return command.replace('/srv/holdfast', project);
}

const cron = suite('the published line for cron');

for (const [code, mailed] of [
  [0, ''],
  [1, 'said publish\n'],
  [2, 'said publish\n'],
  [3, ''],
  [4, ''],
  [5, 'said publish\n'],
] as const) {
  cron(`a run that ends with ${code} ${mailed === '' ? 'sends no mail' : 'is mailed with what it said'}`, async () => {
    const project = await mkdtemp(join(tmpdir(), 'holdfast-cron-'));
    try {
      const bin = join(project, 'node_modules/.bin');
      await mkdir(bin, { recursive: true });
      await writeFile(join(bin, 'holdfast'), `#!/bin/sh\necho "said $*" >&2\nexit ${code}\n`, { mode: 0o755 });
      const { stdout, stderr } = await run('/bin/sh', ['-c', await cronCommand(project)]);
      assert.is(stdout + stderr, mailed);
    } finally {
      await rm(project, { recursive: true });
    }
  });
}

cron.run();
