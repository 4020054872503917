import type { LoadedConfig } from '../config/load.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import { type Tally, warn } from '../snapshot/context.ts';
import type { KnownValue, ValuesContext } from '../snapshot/values/values.ts';
import { stateFiles } from './workplace.ts';

/** The values of a configuration. */
export function valuesContext({ config, root, stateDir }: LoadedConfig, clock: Clock = systemClock): ValuesContext {
  return { config, root, dir: stateFiles(stateDir).values, clock };
}

/** Starts what is due; a run with none loads nothing for it. */
export async function beginDueValues(
  loaded: LoadedConfig & { readonly clock: Clock },
  looks: 'due' | 'all' | 'none',
): Promise<void> {
  if (loaded.config.values.length === 0) return;
  const { beginValues } = await import('../snapshot/values/values.ts');
  await beginValues(valuesContext(loaded, loaded.clock), looks);
}

/** What is known of each value now; one that was never computed is waited for a moment. */
export async function valuesNow(loaded: LoadedConfig, signal: AbortSignal): Promise<readonly KnownValue[]> {
  if (loaded.config.values.length === 0) return [];
  const { settledValues } = await import('../snapshot/values/values.ts');
  return settledValues(valuesContext(loaded), signal);
}

/** Says of each value that could not be computed why not; its last good one stays. */
export function warnOfValues(tally: Tally, values: readonly KnownValue[]): void {
  for (const { name, answer } of values) {
    const { trouble, good } = answer ?? {};
    if (trouble === undefined) continue;
    const stays = good === undefined ? 'there is none yet' : `the one of ${new Date(good.at).toISOString()} stays`;
    warn(tally, 'value-failed', name, `${trouble.text}; ${stays}`);
  }
}
