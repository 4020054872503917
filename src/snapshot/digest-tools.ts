import type { Config } from '../config/schema.ts';
import { createSite } from '../model/site.ts';
import type { DigestTools } from './digest.ts';
import { createNormalizer } from './normalize.ts';

/** The parts of a configuration that a digest depends on: plain values, so that a thread can be given them. */
export type DigestConfig = Pick<Config, 'site' | 'origin' | 'gate' | 'normalize'>;

/** What every digest of a run is made with. */
export function toolsOf({ site, origin, gate, normalize }: DigestConfig): DigestTools {
  const host = origin.host === undefined ? {} : { host: origin.host };
  return {
    site: createSite({ name: site.name, url: site.url, origin: origin.url, aliases: origin.aliases, ...host }),
    gate,
    normalize: createNormalizer(normalize),
  };
}
