import type { Config, ValueConfig } from '../../config/schema.ts';
import { systemClock } from '../../model/clock.ts';
import { createSite } from '../../model/site.ts';
import { createOrigin } from '../../origin/client.ts';
import { openElsewhere } from '../../origin/elsewhere.ts';
import { VERSION } from '../../version.ts';
import { createValueSource, type ValueSource } from './source.ts';

/** A value's source with connections of its own. */
export interface OpenSource extends ValueSource {
  close(): Promise<void>;
}

/** Opens the source of one value, which may take as long and say as much as the value may. `root` is the configuration's folder. */
export function openValueSource(
  value: ValueConfig,
  { config, root }: { readonly config: Pick<Config, 'site' | 'origin'>; readonly root: string },
): OpenSource {
  const { deadline, maxOutput } = value;
  const origin = { ...config.origin, deadline, idle: deadline, maxPage: maxOutput };
  const site = createSite({
    name: config.site.name,
    url: config.site.url,
    origin: origin.url,
    aliases: origin.aliases,
    ...(origin.host === undefined ? {} : { host: origin.host }),
  });
  const client = createOrigin({ config: origin, siteUrl: config.site.url, version: VERSION });
  const others = openElsewhere({ site: config.site, origin }, systemClock);
  const source = createValueSource(value, { site, origin: client, elsewhere: others.client, root });
  return {
    ...source,
    close: async () => {
      await Promise.all([client.close(), others.close()]);
    },
  };
}
