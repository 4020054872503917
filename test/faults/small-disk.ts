import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { OLD, publishTo } from './cycle.ts';

/** More than the mirror wants to have to spare, and small enough to be filled. */
export const DISK_BYTES = 40 * 1024 * 1024;

/** A small disk of its own at `at`; false where the system does not let us. */
export function mount(at: string, options: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Takes it away again. */
export const unmount = (at: string) => execFileSync('umount', [at]);

/** False, with a line that says so, where no disk can be made. */
export async function canMount(): Promise<boolean> {
  const at = await mkdtemp(join(tmpdir(), 'holdfast-disk-'));
  const can = mount(at, 'size=1m');
  if (can) unmount(at);
  else console.log('skipped: a full disk, a disk mounted read-only: mounting is not allowed here');
  await rm(at, { recursive: true });
  return can;
}

/** Runs `work` with a mirror on a small disk, where OLD is live. */
export async function onSmallDisk(options: string, work: (dir: string, disk: string) => Promise<void>): Promise<void> {
  const disk = await mkdtemp(join(tmpdir(), 'holdfast-disk-'));
  assert.ok(mount(disk, options));
  try {
    const dir = join(disk, 'www');
    await publishTo(dir, OLD);
    await work(dir, disk);
  } finally {
    unmount(disk);
    await rm(disk, { recursive: true });
  }
}

/** Fills a disk; gives what empties it again. */
export function fill(disk: string): () => Promise<void> {
  const filler = join(disk, 'filler');
  execFileSync('sh', ['-c', `cat /dev/zero > ${filler} 2>/dev/null; true`]);
  return () => rm(filler);
}
