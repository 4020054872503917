import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import type { InboxConfig } from '../config/schema.ts';
import type { Clock } from '../model/clock.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Site } from '../model/site.ts';
import { createCourier } from '../origin/hand.ts';
import { createForms } from './forms.ts';
import { openKnown } from './known.ts';
import type { PageSource } from './pages.ts';
import { createRates } from './rates.ts';
import { createReceiver } from './receive.ts';
import { openRoom } from './room.ts';
import { createSeal } from './seal.ts';
import { type Event, type Service, startService } from './service.ts';
import { openSpool } from './spool.ts';
import { sweep } from './sweep.ts';
import { createTurnstile } from './turnstile.ts';
import { createTrust } from './visitor.ts';

/** Where an environment's submissions lie. */
export const spoolDir = ({ stateDir }: Pick<LoadedConfig, 'stateDir'>): string => join(stateDir, 'inbox');

/** The inbox of a configuration; throws `inbox-off` where it has none. */
export function inboxOf({ config }: LoadedConfig): InboxConfig {
  if (config.inbox !== undefined) return config.inbox;
  throw new HoldfastError('inbox-off', 'the configuration has no inbox', {
    hint: 'write `inbox: {}` into it, with a `recipient` to seal what is kept',
  });
}

export interface InboxOptions {
  readonly loaded: LoadedConfig;
  readonly site: Site;
  readonly pages: PageSource;
  readonly clock: Clock;
  readonly log: (event: Event) => void;
}

/** How often what is over is looked for. */
const SWEEP_MS = 600_000;

/** Starts the service of a configuration; throws `inbox-off`, `inbox-unlistenable`, `config-invalid`, `state-unwritable`. */
export async function startInbox({ loaded, site, pages, clock, log }: InboxOptions): Promise<Service> {
  const config = inboxOf(loaded);
  const seal = await createSeal(config.recipient);
  const spool = await openSpool(spoolDir(loaded));
  await sweep(spool, clock.now());
  const courier = createCourier(loaded.config.origin);
  const receiver = createReceiver({
    config,
    site,
    clock,
    courier,
    turnstile: createTurnstile(loaded.config.edge.comments.connections, clock),
    rates: createRates(config.limits, clock, randomBytes(32)),
    room: await openRoom(spool, config.limits, clock),
    seal,
    spool,
    known: await openKnown(spool),
  });
  const trust = createTrust(config.trusted);
  const service = await startService({ config, site, forms: createForms(config), trust, receiver, pages, log });
  const sweeping = setInterval(() => void sweep(spool, clock.now()).catch(() => undefined), SWEEP_MS);
  return {
    port: service.port,
    async drain() {
      clearInterval(sweeping);
      await service.drain();
      courier.close();
    },
  };
}
