import { createHash } from 'node:crypto';
import { type FileKind, MANIFEST_FORMAT, type Manifest, type ReleaseFile } from '../../src/model/manifest.ts';

/** A file of a release whose content is `text`. */
export function fileOf(path: string, text: string, more: Partial<ReleaseFile> = {}): ReleaseFile {
  const kind: FileKind = path.endsWith('.html') ? 'page' : 'asset';
  const sha256 = createHash('sha256').update(text).digest('hex');
  return {
    path,
    kind,
    sha256,
    size: Buffer.byteLength(text),
    type: kind === 'page' ? 'text/html' : 'text/plain',
    headers: {},
    variants: {},
    ...more,
  };
}

/** A manifest of these files, as it would lie at a destination. */
export function manifestOf(files: readonly ReleaseFile[], more: Partial<Manifest> = {}): Manifest {
  return {
    format: MANIFEST_FORMAT,
    site: 'www.example.org',
    environment: 'production',
    lineage: 'b3c1',
    id: '20270101T000000Z-0123456789ab',
    parent: null,
    created: '2027-01-01T00:00:00.000Z',
    files: [...files].sort((a, b) => (a.path < b.path ? -1 : 1)),
    ...more,
  };
}
