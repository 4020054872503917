import { openPlace } from '../publish/bucket.ts';
import { destinationSuite } from './destination.ts';

destinationSuite({ name: 's3', atomic: false, needs: ['ceph'] }, async () => {
  const place = await openPlace();
  return {
    destination: place.open(),
    encodings: ['gzip'],
    async variant(path, encoding) {
      const found = await place.stored(path);
      return found?.answer.ContentEncoding === encoding ? found?.body : undefined;
    },
    inventory: place.inventory,
    close: async () => place.close(),
  };
});
