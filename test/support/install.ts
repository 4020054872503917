import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { missingPackages } from './parts.ts';

/** Debian asks this file whether a package may start its service; 101 means no. */
const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_TEXT =
  '#!/bin/sh\n# Put here by the tests of holdfast while they install packages; may be removed.\nexit 101\n';

/** How long apt waits for another apt that is at work, in seconds. */
const LOCK_SECONDS = 120;

/** Installs the Debian packages that tests run against, where it may; otherwise says what is missing. Never throws. */
export function installParts(say: (line: string) => void): void {
  const missing = missingPackages();
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    say(`missing, and only root with apt can install them: ${missing.join(' ')}`);
    say('the suites that need them are skipped');
    return;
  }
  say(`installing ${missing.join(' ')}`);
  withoutServices(() => install(missing, say));
  const still = missingPackages();
  if (still.length > 0) say(`still missing, so the suites that need them are skipped: ${still.join(' ')}`);
}

function install(packages: readonly string[], say: (line: string) => void): void {
  if (apt(['update', '-q'], say) !== 0) say('apt-get update failed; trying with the lists that are there');
  const known = packages.filter((name) => spawnSync('apt-cache', ['show', '--no-all-versions', name]).status === 0);
  if (known.length === 0) return;
  // A machine that dies meanwhile is made afresh: syncing each file of a gigabyte of packages takes a minute.
  apt(['install', '-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-unsafe-io', ...known], say);
}

function apt(args: readonly string[], say: (line: string) => void): number | null {
  const result = spawnSync('apt-get', ['-o', `DPkg::Lock::Timeout=${LOCK_SECONDS}`, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status !== 0) say(`apt-get ${args[0]} failed:\n${result.stdout}${result.stderr}`);
  return result.status;
}

/** Runs `work` with the packages' own services kept from starting; a policy of somebody else's is left alone. */
function withoutServices(work: () => void): void {
  const ours = !existsSync(POLICY) || readFileSync(POLICY, 'utf8') === POLICY_TEXT;
  if (ours) writeFileSync(POLICY, POLICY_TEXT, { mode: 0o755 });
  try {
    work();
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
}
