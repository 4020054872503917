import { lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMirror } from '../../src/publish/destinations/mirror.ts';
import { destinationSuite } from './destination.ts';

const SUFFIXES = { gzip: '.gz', br: '.br' } as const;

destinationSuite({ name: 'mirror', atomic: true }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-mirror-'));
  return {
    destination: createMirror({ name: 'www', dir }),
    encodings: ['gzip', 'br'],
    variant: (path, encoding) => readFile(join(dir, 'current', `${path}${SUFFIXES[encoding]}`)).catch(() => undefined),
    inventory: () => inventoryOf(dir),
    close: () => rm(dir, { recursive: true }),
  };
});

/** Every name with what changes when it is written: its inode and the time of its last change. Folders change with their names. */
async function inventoryOf(dir: string): Promise<string> {
  const names = (await readdir(dir, { recursive: true })).sort();
  const lines = await Promise.all(
    names.map(async (name) => {
      const found = await lstat(join(dir, name), { bigint: true });
      return found.isDirectory() ? name : `${name} ${found.ino} ${found.mtimeNs}`;
    }),
  );
  return lines.join('\n');
}
