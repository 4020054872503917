import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, link, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { RsyncOptions } from '../../src/publish/destinations/rsync.ts';
import { machineOf, openPlace, type RsyncPlace } from '../publish/rsync-place.ts';
import { type Sshd, startSshd } from '../support/sshd.ts';
import { type OLD, publishTo } from './cycle.ts';
import { HOLDER, type Publisher } from './publisher.ts';

/** What happens in place of, or just before, one command that is run "on the other machine". */
export type Disturbance =
  /** The command fails, as on a full disk. */
  | 'command fails'
  /** The script it is part of is killed. */
  | 'script killed'
  /** Every connection is cut; what runs goes on. */
  | 'connection cut'
  /** The publisher is killed; what runs goes on. */
  | 'publisher killed'
  /** The publisher is stopped, and the script waits until it is let go. */
  | 'all stopped';

/** Programs that the scripts run there, each of which can be disturbed. */
const PROGRAMS = [
  'cat',
  'cp',
  'dirname',
  'flock',
  'ln',
  'ls',
  'mkdir',
  'mv',
  'readlink',
  'rm',
  'rsync',
  'sha256sum',
  'stat',
  'sync',
];

/** Stands in for each of them: counts, does what it was told at the call it was told, and becomes the real one. */
const shimOf = (folder: string): string => `#!/bin/sh
PATH=/usr/bin:/bin
name=\${0##*/}
read -r count <${folder}/count
count=$((count + 1))
echo $count >${folder}/count
echo "$name $*" >>${folder}/log
read -r at what <${folder}/at
if [ $count = "$at" ]; then
  case $what in
  'command fails') echo "$name: cannot write: No space left on device" >&2; exit 1 ;;
  'script killed') kill -9 $PPID; exit 1 ;;
  'connection cut') read -r sshd <${folder}/sshd; kill -9 $(cat /proc/$sshd/task/$sshd/children) ;;
  'publisher killed') kill -9 $(cat ${folder}/publisher) ;;
  'all stopped')
    kill -STOP $(cat ${folder}/publisher); : >${folder}/stopped
    until [ -e ${folder}/go ]; do sleep 0.02; done ;;
  esac
fi
exec "$name" "$@"
`;

/** An sshd whose commands are counted and disturbed. */
export interface Rig {
  readonly sshd: Sshd;
  /** Counts from 0 again, and disturbs the n-th command from now on; none for 0. */
  disturb(n: number, what?: Disturbance): Promise<void>;
  /** The commands since then. */
  commands(): Promise<readonly string[]>;
  /** Waits until a publisher was stopped; false where that was not to be within `limitMs`. */
  isStopped(limitMs: number): Promise<boolean>;
  /** Lets the script go on, and the publisher. */
  letGo(publisher: Publisher): Promise<void>;
  /** Publishes the new release from a process of its own, whose temporary files go to a folder of its own. */
  startPublisher(bundle: string, place: RsyncPlace): Promise<Publisher & { readonly temporary: string }>;
  close(): Promise<void>;
}

/** Starts one, undisturbed. */
export async function openRig(): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-shims-'));
  const shim = join(folder, PROGRAMS[0] ?? '');
  await writeFile(shim, shimOf(folder));
  await chmod(shim, 0o755);
  for (const name of PROGRAMS.slice(1)) await link(shim, join(folder, name));
  const sshd = await startSshd({ PATH: `${folder}:/usr/bin:/bin` });
  await writeFile(join(folder, 'sshd'), `${sshd.pid}\n`);
  const rig: Rig = {
    sshd,
    async disturb(n, what) {
      for (const name of ['go', 'stopped']) await rm(join(folder, name), { force: true });
      for (const [name, text] of Object.entries({ count: '0\n', log: '', at: `${n} ${what ?? ''}\n` }))
        await writeFile(join(folder, name), text);
    },
    commands: async () => (await readFile(join(folder, 'log'), 'utf8')).trim().split('\n'),
    isStopped: (limitMs) => waitFor(async () => (await readdir(folder)).includes('stopped'), limitMs),
    async letGo(publisher) {
      publisher.process.kill('SIGCONT');
      await writeFile(join(folder, 'go'), '');
    },
    async startPublisher(bundle, place) {
      const temporary = await mkdtemp(join(place.outer, 'temporary-'));
      const options: RsyncOptions = { ...machineOf(sshd), dir: place.dir, staging: join(place.outer, 'staging') };
      const env = { ...process.env, TMPDIR: temporary };
      const child = spawn(process.execPath, [bundle, JSON.stringify(options), HOLDER], { stdio: 'ignore', env });
      await writeFile(join(folder, 'publisher'), `${child.pid}`);
      return { process: child, ended: endOf(child), temporary };
    },
    async close() {
      await sshd.stop();
      await rm(folder, { recursive: true });
    },
  };
  await rig.disturb(0);
  return rig;
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
}

/** A place where OLD is live, or nothing. */
export async function inPlace(rig: Rig, live: typeof OLD | undefined, work: (place: RsyncPlace) => Promise<void>) {
  await rig.disturb(0);
  const place = await openPlace(rig.sshd);
  try {
    await mkdir(place.dir);
    if (live !== undefined) await publishTo(place.dir, live);
    await work(place);
  } finally {
    await place.close();
  }
}

const POLL_MS = 20;

/** True as soon as `probe` says so, false when it did not within `limitMs`. */
export async function waitFor(probe: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  for (const ends = performance.now() + limitMs; performance.now() < ends; await wait(POLL_MS))
    if (await probe()) return true;
  return false;
}

/** Processes that work in a folder or below it. */
export async function processesIn(folder: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const cwds = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
  return pids.filter((_, n) => cwds[n]?.startsWith(folder));
}
