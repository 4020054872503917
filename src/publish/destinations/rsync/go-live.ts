import { randomBytes } from 'node:crypto';
import { linkTarget, NEXT_LINK, TREES } from '../layout/paths.ts';
import { type Remote, runLeased } from './remote.ts';
import { quoted } from './shell.ts';

/** Where the manifest lies among what is sent. No folder has such a name. */
export const MANIFEST = 'manifest.json';

export interface Turn {
  /** The release. */
  readonly id: string;
  /** Its root folder. */
  readonly hash: string;
  /** The folder in `trees` that its manifest was sent to, if it was. */
  readonly incoming: string;
}

/**
 * Stores the manifest, then makes the release live: visitors get all of the old one before one rename, and all of the new one after
 * it. One short script, which does nothing if the lease was lost before it came there.
 */
export async function goLive(remote: Remote, { id, hash, incoming }: Turn, signal: AbortSignal): Promise<void> {
  const manifest = `${TREES}/${incoming}/${MANIFEST}`;
  const stored = quoted(`${remote.layout.releases}/${id}.json`);
  const next = `${NEXT_LINK}${randomBytes(6).toString('hex')}`;
  const target = linkTarget(hash);
  const lines = [
    `cd ${quoted(remote.layout.dir)}`,
    `[ -d ${target} ]`,
    `if [ -e ${manifest} ]; then`,
    `  if ! [ -e ${stored} ] || [ "$(sha256sum <${manifest})" != "$(sha256sum <${stored})" ]; then`,
    `    sync -- ${manifest}; mv -T -- ${manifest} ${stored}; sync -- ${quoted(remote.layout.releases)}`,
    '  fi',
    'fi',
    `if [ "$(readlink -- current)" != ${target} ]; then`,
    `  ln -s -- ${target} ${next}; mv -T -- ${next} current`,
    'fi',
    'sync -- .',
    // Nothing of a release is in it any more.
    `rm -rf -- ${TREES}/${incoming} || :`,
  ];
  await runLeased(remote, { lines }, signal);
}
