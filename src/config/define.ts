import type { HoldfastConfig } from './schema.ts';

/** Returns its argument unchanged; it is there so that an editor knows every field while a configuration is written. */
export function defineConfig(config: HoldfastConfig): HoldfastConfig {
  return config;
}
