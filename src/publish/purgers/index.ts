import type { PurgeConfig } from '../../config/schema.ts';
import type { Purger } from '../purger.ts';
import { createCloudflare } from './cloudflare.ts';
import { createCloudFront } from './cloudfront.ts';
import { createFastly } from './fastly.ts';
import { createHttp } from './http.ts';

/** The driver that a line of `purge` names; `publicUrl` is where visitors see the site. */
export function createPurger(config: PurgeConfig, publicUrl: URL): Purger {
  switch (config.use) {
    case 'cloudfront':
      return createCloudFront(config);
    case 'cloudflare':
      return createCloudflare({ ...config, publicUrl });
    case 'fastly':
      return createFastly({ ...config, publicUrl });
    case 'http':
      return createHttp({ ...config, publicUrl });
  }
}
