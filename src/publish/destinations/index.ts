import type { DestinationConfig } from '../../config/schema.ts';
import type { Destination } from '../destination.ts';
import { createMirror } from './mirror.ts';
import { createRsync, type RsyncDestination } from './rsync.ts';
import { createS3 } from './s3.ts';

/** Where files of this machine are that a configuration names, and where a driver may put its own. */
export interface Folders {
  /** A path as the configuration names it, made absolute. */
  readonly resolve: (path: string) => string;
  /** A folder for what is on its way to a destination, by the destination's name; only who holds the state's lock writes there. */
  readonly sending: (name: string) => string;
}

/** The driver that a line of `destinations` names. */
export function createDestination(config: DestinationConfig, folders: Folders): Destination {
  switch (config.use) {
    case 'mirror':
      return createMirror({ name: config.name, dir: folders.resolve(config.dir) });
    case 'rsync':
      return rsyncFor(config, folders);
    case 's3':
      return createS3(config);
  }
}

/** As `createDestination`, with what a check asks of it. */
export function rsyncFor(
  { name, to, port, dir, identity, knownHosts }: Extract<DestinationConfig, { use: 'rsync' }>,
  { resolve, sending }: Folders,
): RsyncDestination {
  // ssh knows its user's home itself.
  const fileOf = (path: string): string => (path.startsWith('~/') ? path : resolve(path));
  return createRsync({
    name,
    to,
    dir,
    staging: sending(name),
    ...(port === undefined ? {} : { port }),
    ...(identity === undefined ? {} : { identity: fileOf(identity) }),
    ...(knownHosts === undefined ? {} : { knownHosts: fileOf(knownHosts) }),
  });
}
