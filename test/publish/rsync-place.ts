import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRsync, type RsyncDestination, type RsyncOptions } from '../../src/publish/destinations/rsync.ts';
import { type Sshd, startSshd } from '../support/sshd.ts';

/** A mirror of one test's own on "another machine", which is this one, over a real sshd. */
export interface RsyncPlace {
  /** The test's folder: the mirror is `www` in it, not made yet. */
  readonly outer: string;
  readonly dir: string;
  /** A driver of its own, as another machine would have; it is closed with the place. */
  open(more?: Partial<RsyncOptions>): RsyncDestination;
  /** A published file as it lies below `current`, undefined where there is none. */
  live(path: string): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

let server: Promise<Sshd> | undefined;

/** The sshd of this test file; it ends with its process. */
export function theSshd(): Promise<Sshd> {
  server ??= startSshd();
  return server;
}

/** What the driver needs to know of a server. */
export function machineOf({ host, port, user, identity, knownHosts }: Sshd) {
  return { name: 'far', to: `${user}@${host}`, port, identity, knownHosts };
}

/** Makes an empty place; on `sshd`, where that is not the one of the test file. */
export async function openPlace(sshd?: Sshd): Promise<RsyncPlace> {
  const machine = machineOf(sshd ?? (await theSshd()));
  const outer = await mkdtemp(join(tmpdir(), 'holdfast-rsync-'));
  const dir = join(outer, 'www');
  const opened: RsyncDestination[] = [];
  return {
    outer,
    dir,
    open(more) {
      const staging = join(outer, `staging-${opened.length}`);
      const destination = createRsync({ ...machine, dir, staging, ...more });
      opened.push(destination);
      return destination;
    },
    live: (path) => readFile(join(dir, 'current', path)).catch(() => undefined),
    async close() {
      await Promise.all(opened.map((each) => each.close()));
      await rm(outer, { recursive: true });
    },
  };
}
