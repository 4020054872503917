import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newerThan } from './support/built.ts';
import { findTests, matches } from './support/files.ts';
import { installParts } from './support/install.ts';
import { type Ran, runFiles, stopFiles } from './support/runner.ts';
import { failuresOf, readMustRun, reportOf, verdictOf } from './support/verdict.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Exit code of a process that an interrupt ended, as shells have it. */
const INTERRUPTED = 130;

const say = (line: string) => console.log(line);
const patterns = process.argv.slice(2);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopFiles();
    process.exit(INTERRUPTED);
  });
}

/** The tests of the command line run what is built, by now or just before: `npm ci` builds too. A build that fails counts as one failed test. */
function build(): readonly Ran[] {
  if (newerThan('cli/main') === undefined) return [];
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, encoding: 'utf8' });
  const seconds = (performance.now() - began) / 1000;
  const failed = status === 0 ? 0 : 1;
  return [{ path: 'npm run build', passed: 0, failed, skipped: 0, notes: [], seconds, output: stdout + stderr }];
}

const installed = installParts(say).catch((error: unknown) => say(`nothing was installed: ${error}`));
const built = build();
for (const failed of built.filter((one) => one.failed > 0)) say(reportOf(failed));

const files = findTests(ROOT, 'test', patterns);
if (files.length === 0) say(`no test file matches ${patterns.join(' ')}`);
const ran = await runFiles(ROOT, files, { installed, report: (file) => say(reportOf(file)) });
const mustRun = process.env['CI'] ? readMustRun(readFileSync(join(ROOT, '.ci/must-run'), 'utf8')) : [];
const verdict = verdictOf(
  [...built, ...ran],
  mustRun.filter((path) => matches(path, patterns)),
);
for (const failure of failuresOf([...built, ...ran])) say(failure);
for (const complaint of verdict.complaints) say(`FAIL  ${complaint}`);
say(verdict.closing);
process.exitCode = verdict.ok && files.length > 0 ? 0 : 1;
