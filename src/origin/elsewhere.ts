import type { Config } from '../config/schema.ts';
import type { Clock } from '../model/clock.ts';
import { VERSION } from '../version.ts';
import { createOrigin, type Origin } from './client.ts';

/** Polite clients of hosts that are not the origin: each with a budget of its own, and without the origin's headers. */
export interface Elsewhere {
  /** One client a host and set of headers; no connection is made yet. */
  client(url: URL, headers: Readonly<Record<string, string>>): Origin;
  /** As of the origin: hosts that were away are asked again. */
  newRun(): void;
  close(): Promise<void>;
}

/** What another host is asked at most: a source is asked once a minute, and long threads go on page by page. */
const BUDGET = { requestsPerSecond: 2, concurrency: 1 };

export function openElsewhere({ site, origin }: Pick<Config, 'site' | 'origin'>, clock: Clock): Elsewhere {
  const clients = new Map<string, Origin>();
  return {
    client(url, headers) {
      const key = JSON.stringify([url.origin, headers]);
      const { host: _host, ...limits } = origin;
      const config = {
        ...limits,
        ...BUDGET,
        url: url.origin,
        headers: { ...headers },
        aliases: [],
        allowPrivate: false,
      };
      const known = clients.get(key) ?? createOrigin({ config, siteUrl: site.url, version: VERSION, clock });
      clients.set(key, known);
      return known;
    },
    newRun: () => {
      for (const client of clients.values()) client.newRun();
    },
    close: async () => {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}
