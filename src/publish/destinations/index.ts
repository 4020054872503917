import type { DestinationConfig } from '../../config/schema.ts';
import type { Destination } from '../destination.ts';
import { createMirror } from './mirror.ts';
import { createS3 } from './s3.ts';

/** The driver that a line of `destinations` names; `dir` is taken from the configuration's folder. */
export function createDestination(config: DestinationConfig, resolve: (path: string) => string): Destination {
  switch (config.use) {
    case 'mirror':
      return createMirror({ name: config.name, dir: resolve(config.dir) });
    case 's3':
      return createS3(config);
  }
}
