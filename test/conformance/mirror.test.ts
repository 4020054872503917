import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMirror } from '../../src/publish/destinations/mirror.ts';
import { destinationSuite } from './destination.ts';
import { inventoryOf } from './inventory.ts';

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
