import type { InboxConfig } from '../config/schema.ts';
import type { Clock } from '../model/clock.ts';
import type { Rest } from './deliver/rest.ts';
import { judge } from './judge.ts';

/** Good answers in a row before anything is delivered: an origin that just came back must not be knocked over again. */
const PROBES = 3;
/** Between two of them. */
const BETWEEN_MS = 2000;

export interface ProbeParts {
  readonly config: InboxConfig;
  readonly clock: Clock;
  readonly rest: Pick<Rest, 'courier' | 'deadline'>;
}

/** Whether the origin answers three times in a row. Throws `origin-private`, or the signal's reason. */
export async function isWell({ config, clock, rest }: ProbeParts, signal: AbortSignal): Promise<boolean> {
  const headers = { 'user-agent': 'Holdfast', 'accept-encoding': 'identity' };
  for (let nth = 1; nth <= PROBES; nth += 1) {
    const errand = { method: 'GET', path: config.replay.probe, headers, deadline: rest.deadline };
    if (judge(await rest.courier.hand(errand, signal)) !== 'answered') return false;
    if (nth < PROBES) await clock.sleep(BETWEEN_MS, signal);
  }
  return true;
}
