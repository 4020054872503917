import type { LoadedConfig } from '../config/load.ts';
import type { ValueConfig } from '../config/schema.ts';
import { openValueSource } from '../snapshot/values/open.ts';
import { type Finding, findingsOf } from './finding.ts';

/** Whether each value can be computed: each source is asked, or run, once, as a run would, all side by side and within their deadlines. Nothing is kept. */
export async function checkValues({ config, root }: LoadedConfig, signal: AbortSignal): Promise<readonly Finding[]> {
  return Promise.all(config.values.map((value) => checkValue(value, { config, root }, signal)));
}

async function checkValue(
  value: ValueConfig,
  place: Pick<LoadedConfig, 'config' | 'root'>,
  signal: AbortSignal,
): Promise<Finding> {
  const find = findingsOf('values', value.name);
  const source = openValueSource(value, place);
  const began = performance.now();
  try {
    await source.read(signal);
    return find('ok', `computed in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    return find('fail', why, 'see `values` of the configuration; the last good value stays meanwhile');
  } finally {
    await source.close();
  }
}
