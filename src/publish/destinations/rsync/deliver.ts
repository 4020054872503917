import { createHash } from 'node:crypto';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef } from '../../../model/capture.ts';
import type { Manifest } from '../../../model/manifest.ts';
import { systemCode } from '../../../store/files.ts';
import type { Building, Rest } from '../layout/building.ts';
import { onEach } from '../layout/disk.ts';
import type { Folder } from '../layout/tree.ts';
import { finish } from './finish.ts';
import { MANIFEST, type Sent } from './go-live.ts';
import type { Remote } from './remote.ts';
import type { Staging } from './staging.ts';
import type { Stored } from './stored.ts';
import { takenFor } from './unchanged.ts';

/** A transfer under way. */
export interface Work {
  readonly name: string;
  readonly remote: Remote;
  readonly next: Manifest;
  readonly root: Folder;
  readonly live: Folder | undefined;
  /** The folders of the release that files may be restored from. */
  readonly source: Folder | undefined;
  /** Folders of `next` that are to be made, by hash; those that are there lack something. */
  readonly missing: ReadonlyMap<string, Folder>;
  /** Names in `trees` when the transfer began. */
  readonly there: ReadonlySet<string>;
  /** True where the manifest need not be sent. */
  readonly hasManifest: boolean;
  readonly stored: Stored;
  readonly staging: Staging;
  /** Where the missing folders are made here. */
  readonly at: string;
  readonly signal: AbortSignal;
}

/** What was put and what is to be restored, and where all of it goes. */
export interface Delivery {
  /** A folder in `trees` that is not there yet. */
  readonly incoming: string;
  readonly building: Building;
  /** Files that were put, by their path in `staging` and in `incoming`. */
  readonly put: ReadonlyMap<string, BlobRef>;
  /** See `Wanted.restored`. */
  readonly restored: ReadonlyMap<string, string>;
}

/** Sends what was put, new links and the manifest by one rsync, and makes whole folders of it there, by one script. */
export async function deliver(work: Work, { incoming, building, put, restored }: Delivery): Promise<Sent> {
  const { remote, staging, signal } = work;
  const taken = takenFor({ ...work, rest: building.rest(), restored });
  const manifest = JSON.stringify(work.next);
  const bytes = [...put.values()].reduce((sum, { size }) => sum + size, 0);
  const sha256 = createHash('sha256').update(manifest).digest('hex');
  await staging.guard(async () => {
    await staging.make();
    await onEach(work.missing.keys(), signal, building.folder);
    await onEach(taken.links, signal, (each) => stageLink(staging, each));
    await writeFile(join(staging.at, MANIFEST), manifest);
  });
  const to = join(remote.layout.trees, incoming);
  await remote.connection.send({ from: staging.at, to, bytes: bytes + manifest.length }, signal);
  const sent = new Map([...put].map(([path, ref]) => [path, ref.sha256]));
  await finish(remote, { ...work, incoming, sent: sent.set(MANIFEST, sha256), taken }, signal);
  return { incoming, sha256 };
}

/** An earlier attempt to commit may have made it. */
async function stageLink({ at }: Staging, { folder, name, key }: Rest): Promise<void> {
  await symlink(key, join(at, folder, name)).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error;
  });
}
