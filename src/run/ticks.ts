import type { CronTimes } from '../config/cron.ts';
import type { Clock } from '../model/clock.ts';

/** When cycles begin. */
export type Plan = { readonly every: number } | { readonly cron: CronTimes };

/** A cycle is due. */
export interface Tick {
  /** When the next one comes, milliseconds since 1970; undefined where none does. */
  readonly next: number | undefined;
}

/** Waits are cut into pieces, so that a clock that was set is noticed. */
const PIECE_MS = 30_000;
/** Clocks that differ by less were only drifting. */
const JUMP_MS = 2000;

/**
 * Ticks at once and then by the plan, until the signal is aborted. Waits go by the monotonic clock, so that setting the other one neither
 * skips nor bunches any; times of a calendar are reckoned anew after such a jump. A tick that nobody was there to take is left out.
 */
export async function* ticks(plan: Plan, clock: Clock, signal: AbortSignal): AsyncGenerator<Tick> {
  const first = clock.monotonic();
  while (!signal.aborted) {
    const left = leftOf(plan, first, clock);
    yield { next: left === undefined ? undefined : clock.now() + left };
    if (!(await waitFor(plan, first, { clock, signal }))) return;
  }
}

/** Milliseconds from now to the next tick. */
function leftOf(plan: Plan, first: number, clock: Clock): number | undefined {
  if ('every' in plan) return plan.every - ((clock.monotonic() - first) % plan.every);
  const at = plan.cron.after(clock.now());
  return at === undefined ? undefined : at - clock.now();
}

/** False where the signal came, or no tick comes any more. */
async function waitFor(plan: Plan, first: number, by: { clock: Clock; signal: AbortSignal }): Promise<boolean> {
  const { clock, signal } = by;
  let left = leftOf(plan, first, clock);
  let end = clock.monotonic() + (left ?? 0);
  let drift = clock.now() - clock.monotonic();
  while (left !== undefined && clock.monotonic() < end) {
    await clock.sleep(Math.min(PIECE_MS, end - clock.monotonic()), signal).catch(() => undefined);
    if (signal.aborted) return false;
    const now = clock.now() - clock.monotonic();
    if ('every' in plan || Math.abs(now - drift) < JUMP_MS || clock.monotonic() >= end) continue;
    left = leftOf(plan, first, clock);
    end = clock.monotonic() + (left ?? 0);
    drift = now;
  }
  return left !== undefined && !signal.aborted;
}
