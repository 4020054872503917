import { appendRun } from '../cycle/history.ts';
import type { Premises } from '../cycle/premises.ts';
import { exitOf, type Report } from '../cycle/report.ts';
import { asHoldfastError, type HoldfastError, isHoldfastError } from '../model/errors.ts';
import { publishIn } from '../pipeline.ts';
import type { AskBox } from '../snapshot/context.ts';

/** Why a cycle began. */
export type Why = 'tick' | 'trigger' | 'takeover' | 'timetable' | 'appointment';

/** How a cycle ended. */
export interface CycleEnd {
  readonly why: Why;
  /** Milliseconds since 1970. */
  readonly ended: number;
  readonly seconds: number;
  readonly report: Report;
  /** One of the exit codes of `publish`. */
  readonly exit: number;
  /** What ended it as a whole; a destination that failed stands in the report. */
  readonly failure: HoldfastError | undefined;
  /** What else went wrong with it: that it could not be written down, say. */
  readonly trouble: HoldfastError | undefined;
}

/** Most files a scheduled publish may remove at once, as `publish` has it. */
export const MAX_DELETES = 256;

export interface CycleWish {
  readonly why: Why;
  readonly asks: AskBox;
  readonly report: Report;
  /** Live at this instant and not before, milliseconds since 1970; the origin is not asked then. */
  readonly at?: number;
}

/** One cycle to its end, written down for `status`. Whatever happens in it is told; never throws. */
export async function runCycle(
  premises: Premises,
  { why, asks, report, at }: CycleWish,
  signal: AbortSignal,
): Promise<CycleEnd> {
  const wish = {
    looks: why === 'appointment' || why === 'timetable' ? 'none' : 'due',
    force: false,
    dryRun: false,
    maxDeletes: MAX_DELETES,
    acceptShrink: false,
    asks,
    ...(at === undefined ? {} : { at }),
  } as const;
  const began = performance.now();
  const failure = await publishIn(premises, { wish, report }, signal).then(() => undefined, asHoldfastError);
  const seconds = (performance.now() - began) / 1000;
  const exit = exitOf(report, failure);
  const isWork = !isHoldfastError(failure, 'locked', 'leased');
  const error = failure;
  const trouble = isWork
    ? await appendRun(premises.loaded.stateDir, report, { seconds, exit, error }).then(() => undefined, asHoldfastError)
    : undefined;
  return { why, ended: Date.now(), seconds, report, exit, failure, trouble };
}
