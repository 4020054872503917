import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import type { LoadedConfig } from '../src/config/load.ts';
import { configSchema } from '../src/config/schema.ts';
import { type Scheduler, scheduleFiles } from '../src/cycle/schedule.ts';
import { smallConfig } from './support/project.ts';
import { suite } from './support/suite.ts';

const run = promisify(execFile);

/** A project with a holdfast that says what it was asked and ends with `code`. */
async function withProject<T>(name: string, code: number, use: (root: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-schedule-'));
  const root = join(folder, name);
  try {
    await mkdir(join(root, 'node_modules/.bin'), { recursive: true });
    const program = `#!/bin/sh\necho "said $*" >&2\nexit ${code}\n`;
    await writeFile(join(root, 'node_modules/.bin/holdfast'), program, { mode: 0o755 });
    return await use(root);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function filled(root: string, name: Scheduler, environment = 'production'): Promise<ReadonlyMap<string, string>> {
  const config = configSchema.parse(smallConfig('http://127.0.0.1:9'));
  const path = join(root, 'holdfast.config.ts');
  const loaded: LoadedConfig = { config, environment, root, path, stateDir: join(root, '.holdfast'), secrets: [] };
  const { files } = await scheduleFiles(loaded, name);
  return new Map(files.map((file) => [file.path, file.text]));
}

/** What cron runs: the sixth field is the user, the rest up to a bare per cent sign is for the shell. */
function cronCommand(text: string): string {
  const line = text.split('\n').find((one) => one.startsWith('* * * * * ')) ?? '';
  const [, command = ''] = /^(?:\S+ ){6}(.+)$/.exec(line) ?? [];
  assert.not.match(command, /(?<!\\)%/, 'cron takes a per cent sign for the end of the line');
  return command.replaceAll('\\%', '%');
}

const cron = suite('schedule cron');

for (const [code, mailed] of [
  [0, ''],
  [1, 'said publish\n'],
  [2, 'said publish\n'],
  [3, ''],
  [4, ''],
  [5, 'said publish\n'],
] as const)
  cron(`a run that ends with ${code} ${mailed === '' ? 'sends no mail' : 'is mailed with what it said'}`, () =>
    withProject('site', code, async (root) => {
      const text = (await filled(root, 'cron')).get('holdfast') ?? '';
      const { stdout, stderr } = await run('/bin/sh', ['-c', cronCommand(text)]);
      assert.is(stdout + stderr, mailed);
    }),
  );

cron('a folder is what it is called, whatever that is, and the environment is named', () =>
  withProject(`it's 100% "mine"; $HOME`, 1, async (root) => {
    const text = (await filled(root, 'cron', 'staging')).get('holdfast') ?? '';
    const { stdout } = await run('/bin/sh', ['-c', cronCommand(text)]);
    assert.is(stdout, 'said publish --env staging\n');
  }),
);

cron.run();

const systemd = suite('schedule systemd', { needs: ['systemd'] });

for (const name of ['site', 'my site 100%', 'price$']) {
  systemd(`systemd takes the units of a folder called ${name} for what they say`, () =>
    withProject(name, 0, async (root) => {
      const units = await filled(root, 'systemd');
      const folder = join(root, 'units');
      await mkdir(folder);
      // The user is whoever owns the folder; the test's own is there for certain.
      for (const [path, text] of units) await writeFile(join(folder, path), text.replace('User=holdfast', 'User=root'));
      const { stdout, stderr } = await run('systemd-analyze', [
        'verify',
        '--man=no',
        '--recursive-errors=no',
        join(folder, 'holdfast.timer'),
        join(folder, 'holdfast.service'),
      ]);
      assert.is(stdout + stderr, '');
    }),
  );
}

systemd('what would be read otherwise is refused with one line', () =>
  withProject('a "quoted" name', 0, async (root) => {
    const refusal: unknown = await filled(root, 'systemd').catch((error: unknown) => error);
    assert.ok(refusal instanceof Error);
    assert.match((refusal as Error).message, 'quotation mark');
  }),
);

systemd.run();
