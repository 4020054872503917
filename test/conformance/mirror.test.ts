import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMirror } from '../../src/publish/destinations/mirror.ts';
import { destinationSuite } from './destination.ts';
import { inventoryOf } from './inventory.ts';

const SUFFIXES = { gzip: '.gz', br: '.br' } as const;

destinationSuite({ name: 'mirror', atomic: true }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-mirror-'));
  const file = (path: string) => readFile(join(dir, 'current', path)).catch(() => undefined);
  return {
    destination: createMirror({ name: 'www', dir }),
    encodings: ['gzip', 'br'],
    file,
    variant: (path, encoding) => file(`${path}${SUFFIXES[encoding]}`),
    inventory: () => inventoryOf(dir),
    close: () => rm(dir, { recursive: true }),
  };
});
