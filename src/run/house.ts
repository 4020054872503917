import type { LoadedConfig } from '../config/load.ts';
import { type KeptPremises, keepPremises } from '../cycle/premises.ts';
import type { Clock } from '../model/clock.ts';
import { HoldfastError } from '../model/errors.ts';
import { reloaderOf } from './reload.ts';
import { type Watch, watchLeases } from './watch.ts';

/** What changes only together, with the configuration. */
export interface House {
  readonly premises: KeptPremises;
  readonly watch: Watch;
  /**
   * Reads the configuration again where its file changed, or a person asked for it, and moves to the new one where that is valid. Returns it, or
   * what is wrong with it; undefined where nothing is new, or where a cycle has begun while it was read: then the next call moves.
   */
  renew(moving: Moving): Promise<LoadedConfig | HoldfastError | undefined>;
  /** The next `renew` reads the file, changed or not. */
  askAnew(): void;
}

/** How a house moves. */
export interface Moving {
  /** Called before anything moves, and before what is wrong is returned. */
  readonly onNews: () => void;
  /** Does the work if no cycle is under way, and keeps any from beginning meanwhile: a cycle has its place to its end. False where one is under way. */
  readonly between: (work: () => Promise<void>) => Promise<boolean>;
}

export interface HouseOptions {
  readonly loaded: LoadedConfig;
  readonly load: () => Promise<LoadedConfig>;
  readonly clock: Clock;
  /** Called when a cycle holds its leases. */
  readonly begins: () => void;
}

/** Opens nothing yet but the state. */
export async function openHouse({ loaded, load, clock, begins }: HouseOptions): Promise<House> {
  const open = async (config: LoadedConfig) => {
    const premises = await keepPremises(config, { clock, begins });
    const watch = watchLeases(premises.destinations, { clock, holder: premises.desk.holder });
    return { premises, watch };
  };
  const reloader = reloaderOf(loaded, load);
  let now = await open(loaded);
  let isAsked = false;
  let waiting: LoadedConfig | undefined;
  return {
    get premises() {
      return now.premises;
    },
    get watch() {
      return now.watch;
    },
    async renew({ onNews, between }) {
      const isForced = isAsked;
      // What is asked for while it is read is asked for anew.
      isAsked = false;
      const found = (await reloader.look(isForced)) ?? waiting;
      waiting = undefined;
      if (found === undefined) return undefined;
      if (found instanceof HoldfastError) {
        onNews();
        return found;
      }
      waiting = found;
      const next = await open(found);
      const isMoved = await between(async () => {
        onNews();
        const before = now.premises;
        [now, waiting] = [next, undefined];
        await before.close();
      });
      return isMoved ? found : undefined;
    },
    askAnew() {
      isAsked = true;
    },
  };
}
