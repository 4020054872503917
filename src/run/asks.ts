import type { Address } from '../model/address.ts';
import type { AskBox, Asked } from '../snapshot/context.ts';

/** What people and hooks want looked at now, all as one wish until a cycle takes it. */
export interface Asks extends AskBox {
  add(asked: Asked): void;
  /** How many calls were added since the last take. */
  readonly waiting: number;
  /** How many calls were added ever. */
  readonly added: number;
}

/** More pages than this at once are no edit of a page: the lanes see to them. */
export const MOST_PATHS = 200;

/** An empty box. */
export function openAsks(): Asks {
  let paths = new Set<Address>();
  let lanes = new Set<string>();
  let waiting = 0;
  let added = 0;
  const peek = () => (waiting === 0 ? undefined : { paths: [...paths], lanes: [...lanes] });
  return {
    get isWaiting() {
      return waiting > 0;
    },
    get waiting() {
      return waiting;
    },
    get added() {
      return added;
    },
    add(asked) {
      waiting += 1;
      added += 1;
      for (const path of asked.paths) if (paths.size < MOST_PATHS) paths.add(path);
      for (const lane of asked.lanes) lanes.add(lane);
    },
    peek,
    take() {
      const asked = peek();
      [paths, lanes, waiting] = [new Set(), new Set(), 0];
      return asked;
    },
  };
}
