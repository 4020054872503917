// takes: 60 s
import { openPlace } from '../publish/rsync-place.ts';
import { destinationSuite } from './destination.ts';
import { inventoryOf } from './inventory.ts';

const SUFFIXES = { gzip: '.gz', br: '.br' } as const;

destinationSuite({ name: 'rsync', atomic: true, needs: ['sshd'] }, async () => {
  const place = await openPlace();
  return {
    destination: place.open(),
    encodings: ['gzip', 'br'],
    file: place.live,
    variant: (path, encoding) => place.live(`${path}${SUFFIXES[encoding]}`),
    inventory: () => inventoryOf(place.dir),
    close: place.close,
  };
});
