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
   * what is wrong with it; undefined where nothing is new. `onNews` is called before anything moves. Only between cycles.
   */
  renew(onNews: () => void): Promise<LoadedConfig | HoldfastError | undefined>;
  /** The next `renew` reads the file, changed or not. */
  askAnew(): void;
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
    return { premises, watch, reloader: reloaderOf(config, load) };
  };
  let now = await open(loaded);
  let isAsked = false;
  return {
    get premises() {
      return now.premises;
    },
    get watch() {
      return now.watch;
    },
    async renew(onNews) {
      const found = await now.reloader.look(isAsked);
      isAsked = false;
      if (found === undefined) return undefined;
      onNews();
      if (found instanceof HoldfastError) return found;
      const before = now.premises;
      now = await open(found);
      await before.close();
      return found;
    },
    askAnew() {
      isAsked = true;
    },
  };
}
