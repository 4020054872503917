import type { LoadedConfig } from '../config/load.ts';
import type { Appointment } from '../cycle/appointment.ts';
import type { Launch } from '../cycle/launch.ts';
import type { Report } from '../cycle/report.ts';
import type { HoldfastError } from '../model/errors.ts';
import type { CycleEnd, Why } from './cycle.ts';

/** A cycle under way. */
export interface Underway {
  readonly why: Why;
  /** Milliseconds since 1970. */
  readonly began: number;
  /** It fills as the cycle goes on. */
  readonly report: Report;
}

/** What a resident process knows of itself; the status page, alerts and logs are made of it. Times are milliseconds since 1970. */
export interface RunState {
  readonly started: number;
  readonly loaded: LoadedConfig;
  /** 'passive' while another machine is the one that publishes. */
  readonly role: 'starting' | 'active' | 'passive';
  /** The machine that is active, where that is another. */
  readonly other: string | undefined;
  readonly cycle: Underway | undefined;
  /** The last cycle that did some work. */
  readonly last: CycleEnd | undefined;
  /** The last one that left what is live as it should be, everywhere. */
  readonly lastGood: CycleEnd | undefined;
  readonly cycles: number;
  /** Cycles in a row that ended with a failure or a refusal. */
  readonly failures: number;
  /** Ticks in a row that found work going on. */
  readonly skipped: number;
  /** The next tick. */
  readonly next: number | undefined;
  /** The same by the monotonic clock, which nobody sets. */
  readonly nextDue: number | undefined;
  readonly launch: Launch | undefined;
  /** The next instant at which a release is to go live. */
  readonly appointment: Appointment | undefined;
  /** A cycle that was to make a release live at its instant and failed; until a cycle ends well. */
  readonly missed: CycleEnd | undefined;
  /** Why the configuration that lies there is not the one in use. */
  readonly configError: HoldfastError | undefined;
  /** How fast the origin is asked, as a part of what is configured. */
  readonly ease: number;
}

/** For the one who owns the state. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What happens in a resident process, for those who tell of it. */
export type RunEvent =
  | { readonly kind: 'ready' | 'stopping' | 'reloading' }
  | { readonly kind: 'cycle-began'; readonly why: Why }
  | { readonly kind: 'cycle-ended'; readonly end: CycleEnd }
  | { readonly kind: 'skipped'; readonly times: number; readonly why: string }
  | { readonly kind: 'role'; readonly role: RunState['role']; readonly other: string | undefined }
  | { readonly kind: 'taken-over'; readonly from: string }
  | { readonly kind: 'config'; readonly error: HoldfastError | undefined }
  | { readonly kind: 'launch'; readonly launch: Launch | undefined }
  | { readonly kind: 'trouble'; readonly error: HoldfastError };
