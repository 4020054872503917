import { randomBytes } from 'node:crypto';
import { linkTarget, NEXT_LINK, OWN, TREES } from '../layout/paths.ts';
import { type Remote, runUnlessMoved } from './remote.ts';
import { quoted } from './shell.ts';

/** Where the manifest lies among what is sent. No folder has such a name. */
export const MANIFEST = 'manifest.json';

export interface Turn {
  /** The release. */
  readonly id: string;
  /** Its root folder. */
  readonly hash: string;
  /** Undefined where its manifest is stored already. */
  readonly sent: Sent | undefined;
  /** Of the control record that must be there; undefined for none. */
  readonly version: string | undefined;
}

/** A manifest that was sent and not stored yet. */
export interface Sent {
  /** The folder in `trees` where it lies. */
  readonly incoming: string;
  readonly sha256: string;
}

/**
 * Stores the manifest, then makes the release live: visitors get all of the old one before one rename, and all of the new one after
 * it. One short script, which does nothing if the control record was moved before it came there.
 */
export async function goLive(remote: Remote, { id, hash, sent, version }: Turn, signal: AbortSignal): Promise<void> {
  const next = `${NEXT_LINK}${randomBytes(6).toString('hex')}`;
  const target = linkTarget(hash);
  const lines = [
    `cd ${quoted(remote.layout.dir)}`,
    `[ -d ${target} ] || { echo 'the folder of the release is gone' >&2; exit 1; }`,
    ...(sent === undefined
      ? []
      : storing(`${TREES}/${sent.incoming}/${MANIFEST}`, sent.sha256, `${OWN}/releases/${id}.json`)),
    'live=',
    'if [ -L current ]; then live=$(readlink -- current); fi',
    `if [ "$live" != ${target} ]; then ln -s -- ${target} ${next}; mv -T -- ${next} current; fi`,
    'sync -- .',
    // Nothing of a release is in it any more.
    ...(sent === undefined ? [] : [`rm -rf -- ${TREES}/${sent.incoming} || :`]),
  ];
  await runUnlessMoved(remote, { version, lines }, signal);
}

/** One that is there already and the same is left as it is. */
function storing(from: string, sha256: string, to: string): string[] {
  return [
    'there=',
    `if [ -e ${to} ]; then there=$(sha256sum <${to}); fi`,
    `if [ "\${there%% *}" != ${sha256} ]; then mv -T -- ${from} ${to}; sync -- ${OWN}/releases; fi`,
  ];
}
