import type { Manifest, ReleaseFile } from './manifest.ts';

/** A shared preview lies in a folder that cannot be guessed: 128 random bits. */
const FOLDER = /^preview-[0-9a-f]{32}\//;

/** The folder of a shared preview, with its slash; `random` is 32 hex digits. */
export function shareFolder(random: string): string {
  return `preview-${random}/`;
}

/** The folder of the shared preview that a file of a release is part of; undefined for any other file. */
export function sharedIn(path: string): string | undefined {
  return FOLDER.exec(path)?.[0];
}

/** The files of the preview that is shared in a release. */
export function sharedFiles(release: Pick<Manifest, 'files'> | undefined): readonly ReleaseFile[] {
  return release?.files.filter(({ path }) => sharedIn(path) !== undefined) ?? [];
}

/** Where that preview is seen; null where none is shared. */
export function sharedUrl(release: Pick<Manifest, 'files'> | undefined, publicUrl: string): string | null {
  const folder = sharedIn(sharedFiles(release)[0]?.path ?? '');
  return folder === undefined ? null : `${new URL(publicUrl).origin}/${folder}`;
}
