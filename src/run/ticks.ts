import type { CronTimes } from '../config/cron.ts';
import type { Clock } from '../model/clock.ts';

/** When cycles begin. */
export type Plan = { readonly every: number } | { readonly cron: CronTimes };

/** Waits are cut into pieces, so that a clock that was set is noticed. */
const PIECE_MS = 30_000;
/** Clocks that differ by less were only drifting. */
const JUMP_MS = 2000;

export interface Ticking {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told in how many milliseconds the next tick comes, undefined where none does: with each tick, and again where a clock was set meanwhile. */
  readonly expect: (left: number | undefined) => void;
}

/**
 * Ticks at once and then by the plan, until the signal is aborted. Waits go by the monotonic clock, so that setting the other one neither
 * skips nor bunches any; times of a calendar are reckoned anew after such a jump. A tick that nobody was there to take is left out.
 */
export async function* ticks(plan: Plan, ticking: Ticking): AsyncGenerator<void> {
  const { clock, signal, expect } = ticking;
  const first = clock.monotonic();
  while (!signal.aborted) {
    expect(leftOf(plan, first, clock));
    yield;
    if (!(await waitFor(plan, first, ticking))) return;
  }
}

/** Milliseconds from now to the next tick. */
function leftOf(plan: Plan, first: number, clock: Clock): number | undefined {
  if ('every' in plan) return plan.every - ((clock.monotonic() - first) % plan.every);
  const at = plan.cron.after(clock.now());
  return at === undefined ? undefined : at - clock.now();
}

/** False where the signal came, or no tick comes any more. */
async function waitFor(plan: Plan, first: number, { clock, signal, expect }: Ticking): Promise<boolean> {
  let left = leftOf(plan, first, clock);
  let end = clock.monotonic() + (left ?? 0);
  let drift = clock.now() - clock.monotonic();
  while (left !== undefined && clock.monotonic() < end) {
    await clock.sleep(Math.min(PIECE_MS, end - clock.monotonic()), signal).catch(() => undefined);
    if (signal.aborted) return false;
    const now = clock.now() - clock.monotonic();
    if (Math.abs(now - drift) < JUMP_MS || clock.monotonic() >= end) continue;
    left = leftOf(plan, first, clock);
    end = clock.monotonic() + (left ?? 0);
    drift = now;
    expect(left);
  }
  return left !== undefined && !signal.aborted;
}

/** The ticks of a process, whose plan may change while it runs. */
export interface Ticker {
  /** Ticks at once and goes on by what `plan` says now. */
  restart(): void;
  /** Resolves once the signal has come. */
  run(onTick: () => void): Promise<void>;
}

/** Ticks by what `plan` says, asked for at each (re)start. */
export function tickerOf(plan: () => Plan, ticking: Ticking): Ticker {
  const { signal } = ticking;
  let turn = new AbortController();
  return {
    restart: () => turn.abort(),
    async run(onTick) {
      const stop = (): void => turn.abort();
      signal.addEventListener('abort', stop, { once: true });
      while (!signal.aborted) {
        turn = new AbortController();
        for await (const _tick of ticks(plan(), { ...ticking, signal: turn.signal })) onTick();
        // A calendar without another time: only a new plan, or the end, goes on from here.
        if (!turn.signal.aborted) await new Promise((resolve) => turn.signal.addEventListener('abort', resolve));
      }
      signal.removeEventListener('abort', stop);
    },
  };
}
