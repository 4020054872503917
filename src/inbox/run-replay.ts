import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import type { Clock } from '../model/clock.ts';
import type { Site } from '../model/site.ts';
import { createCourier } from '../origin/hand.ts';
import { takeLock } from '../store/lock.ts';
import { basic } from './deliver/rest.ts';
import { createForms } from './forms.ts';
import { inboxOf, spoolDir } from './open.ts';
import { type ReplayEvent, type ReplayReport, replay } from './replay.ts';
import { createUnsealer } from './seal.ts';
import { openSpool } from './spool.ts';
import { sweep } from './sweep.ts';

export interface ReplayOptions {
  /** Loaded with the secrets of the origin and of the inbox. */
  readonly loaded: LoadedConfig;
  readonly site: Site;
  readonly clock: Clock;
  readonly log: (event: ReplayEvent) => void;
}

/**
 * Delivers what is due, and sweeps away what is over. Throws `locked` where another replay of this spool is at work, `inbox-off`, and what
 * `replay` throws.
 */
export async function runReplay(
  { loaded, site, clock, log }: ReplayOptions,
  signal: AbortSignal,
): Promise<ReplayReport> {
  const config = inboxOf(loaded);
  const unsealer = await createUnsealer(config.replay.identity);
  const spool = await openSpool(spoolDir(loaded));
  const lock = await takeLock(join(spool.dir, 'replay.lock'));
  const courier = createCourier(loaded.config.origin);
  const { user, password } = config.replay;
  const rest = { courier, authorization: basic(user, password), deadline: loaded.config.origin.deadline };
  try {
    await sweep(spool, clock.now());
    return await replay({ config, site, clock, spool, unsealer, forms: createForms(config), rest, log }, signal);
  } finally {
    courier.close();
    await lock.release();
  }
}
