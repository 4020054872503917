import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { missingPackages } from './parts.ts';

/** Debian asks this file whether a package may start its service; 101 means no. */
const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_TEXT =
  '#!/bin/sh\n# Put here by the tests of holdfast while they install packages; may be removed.\nexit 101\n';

/** How long apt waits for another apt that is at work, in seconds. */
const LOCK_SECONDS = 120;

/** Installs the Debian packages that tests run against, where it may; otherwise says what is missing. Never throws. */
export async function installParts(say: (line: string) => void): Promise<void> {
  const missing = missingPackages();
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    say(`missing, and only root with apt can install them: ${missing.join(' ')}`);
    say('the suites that need them are skipped');
    return;
  }
  say(`installing ${missing.join(' ')}`);
  await withoutServices(() => install(missing, say));
  const still = missingPackages();
  if (still.length > 0) say(`still missing, so the suites that need them are skipped: ${still.join(' ')}`);
}

async function install(packages: readonly string[], say: (line: string) => void): Promise<void> {
  if ((await apt(['update', '-q'], say)) !== 0) say('apt-get update failed; trying with the lists that are there');
  const known = packages.filter((name) => spawnSync('apt-cache', ['show', '--no-all-versions', name]).status === 0);
  if (known.length === 0) return;
  // A machine that dies meanwhile is made afresh: syncing each file of a gigabyte of packages takes a minute.
  await apt(
    ['install', '-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-unsafe-io', ...known],
    say,
  );
}

async function apt(args: readonly string[], say: (line: string) => void): Promise<number | null> {
  const child = spawn('apt-get', ['-o', `DPkg::Lock::Timeout=${LOCK_SECONDS}`, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (status !== 0) say(`apt-get ${args[0]} failed:\n${Buffer.concat(said)}`);
  return status;
}

/** Runs `work` with the packages' own services kept from starting; a policy of somebody else's is left alone. */
async function withoutServices(work: () => Promise<void>): Promise<void> {
  const ours = !existsSync(POLICY) || readFileSync(POLICY, 'utf8') === POLICY_TEXT;
  if (ours) writeFileSync(POLICY, POLICY_TEXT, { mode: 0o755 });
  try {
    await work();
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
}
