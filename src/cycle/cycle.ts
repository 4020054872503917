import type { CommentPurge } from '../snapshot/comments/purge.ts';
import type { AskBox, LookContext } from '../snapshot/context.ts';
import type { Leases } from './leases.ts';
import type { Report } from './report.ts';
import type { Workplace } from './workplace.ts';

/** What one call of `publish` is asked for. */
export interface Wish {
  /** 'due': the lanes whose interval has passed; 'all': every lane; 'none': the origin is not asked. */
  readonly looks: 'due' | 'all' | 'none';
  /** Look at the pages that match this glob, and at nothing else. */
  readonly only?: string;
  /** Publish to the destination of this name, and to no other. */
  readonly to?: string;
  /** Send every file again. */
  readonly force: boolean;
  /** Look and plan; publish nothing. */
  readonly dryRun: boolean;
  readonly maxDeletes: number;
  readonly acceptShrink: boolean;
  /** A comment to take out, or to let back in, before anything is published. */
  readonly purge?: CommentPurge;
  /** Composed for this instant, and live at it and not before; milliseconds since 1970. Absent: for now. */
  readonly at?: number;
  /** What is asked for while the run is at work. */
  readonly asks?: AskBox;
}

/** All that the steps of one cycle share. */
export interface Cycle {
  readonly place: Workplace;
  readonly context: LookContext;
  readonly wish: Wish;
  readonly report: Report;
  readonly leases: Leases;
}
