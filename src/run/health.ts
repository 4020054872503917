import type { Clock } from '../model/clock.ts';
import type { RunState, Underway } from './state.ts';

/** A cycle that shows no sign of life for this long hangs: every wait in one has an end well before. */
const SILENT_MS = 1_800_000;
/** A tick that is late by more than this was lost. */
const LATE_MS = 600_000;
/** The loop looks about each two seconds; a machine that swaps may take longer. */
const BEAT_MS = 60_000;

/** Signs of life. */
export interface Pulse {
  /** The loop has come round. */
  beat(): void;
  /** A page was looked at, or a cycle began or ended. */
  work(): void;
  /** True while the loop lives and its cycles come as they should; a supervisor may end the process where not. To be asked every second or two. */
  isWell(state: RunState): boolean;
}

/** By the monotonic clock alone: a machine whose clock is set is well. */
export function createPulse(clock: Clock): Pulse {
  let beat = clock.monotonic();
  let work = beat;
  let done = 0;
  return {
    beat() {
      beat = clock.monotonic();
    },
    work() {
      work = clock.monotonic();
    },
    isWell(state) {
      const now = clock.monotonic();
      if (now - beat > BEAT_MS) return false;
      if (state.cycle !== undefined) {
        // A first release of a large site takes hours to send over a slow line, and all that shows of it is this.
        const before = done;
        done = doneIn(state.cycle);
        if (done !== before) work = now;
        return now - work < SILENT_MS;
      }
      if (state.role === 'passive' || state.nextDue === undefined) return true;
      return now - state.nextDue < LATE_MS;
    },
  };
}

/** How many steps of the cycle are done: looks, files rendered and files sent. */
function doneIn({ report: { way } }: Underway): number {
  return way.look.done + way.render.done + way.publish.done;
}
