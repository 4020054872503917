import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTests, matches } from './support/files.ts';
import { installParts } from './support/install.ts';
import { type Ran, runFiles, stopFiles } from './support/runner.ts';
import { readMustRun, reportOf, verdictOf } from './support/verdict.ts';

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

/** The tests of the command line run what is built; a build that fails counts as one failed test. */
function build(): Ran {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, encoding: 'utf8' });
  const seconds = (performance.now() - began) / 1000;
  return {
    path: 'npm run build',
    passed: 0,
    failed: status === 0 ? 0 : 1,
    skipped: 0,
    notes: [],
    seconds,
    output: stdout + stderr,
  };
}

installParts(say);
const built = build();
if (built.failed > 0) say(reportOf(built));

const files = findTests(ROOT, 'test', patterns);
if (files.length === 0) say(`no test file matches ${patterns.join(' ')}`);
const ran = await runFiles(ROOT, files, (file) => say(reportOf(file)));
const mustRun = process.env['CI'] ? readMustRun(readFileSync(join(ROOT, '.ci/must-run'), 'utf8')) : [];
const verdict = verdictOf(
  [built, ...ran],
  mustRun.filter((path) => matches(path, patterns)),
);
for (const complaint of verdict.complaints) say(`FAIL  ${complaint}`);
say(verdict.closing);
process.exitCode = verdict.ok && files.length > 0 ? 0 : 1;
