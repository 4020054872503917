import { Counter, Gauge, Registry } from 'prom-client';
import type { Facts } from '../facts.ts';
import type { RunEvent } from '../state.ts';
import type { Shown } from './page.ts';

/** How figures are made: a name without its first part, what it says, and its labels. */
type Make<M> = (name: string, help: string, labelNames?: string[]) => M;

/** Figures for Prometheus. */
export interface Metrics {
  tell(event: RunEvent): void;
  /** The text format, of these facts. */
  text(shown: Shown): Promise<string>;
}

/** Metrics of one process, in a registry of their own; names end in their unit. */
export function createMetrics(): Metrics {
  const registers = [new Registry()];
  const gauge: Make<Gauge> = (name, help, labelNames = []) =>
    new Gauge({ name: `holdfast_${name}`, help, labelNames, registers });
  const counter: Make<Counter> = (name, help, labelNames = []) =>
    new Counter({ name: `holdfast_${name}`, help, labelNames, registers });
  const cycles = counter('cycles_total', 'Cycles that ended, by exit code', ['exit']);
  const skipped = counter('ticks_skipped_total', 'Ticks that found work going on');
  const requests = counter('origin_requests_total', 'Requests sent to the origin');
  const waited = counter('origin_seconds_total', 'What requests to the origin took, all together');
  const pages = counter('pages_looked_at_total', 'Pages looked at, by outcome', ['outcome']);
  const stages = counter('stage_seconds_total', 'Time spent, by stage', ['stage']);
  const age = gauge('lane_age_seconds', 'Since the last look at a lane began', ['lane']);
  const interval = gauge('lane_interval_seconds', 'Between two looks at a lane', ['lane']);
  const kept = gauge('kept_pages', 'Pages kept from an earlier look');
  const active = gauge('active', '1 where this machine is the one that publishes');
  const launch = gauge('launch_mode', '1 while launch mode is on');
  const ease = gauge('origin_pace_ratio', 'How fast the origin is asked, as a part of what is configured');
  const since = gauge('release_live_timestamp_seconds', 'Since when the live release is live', ['destination']);
  const held = gauge('hold', '1 while visitors are on a holding page', ['destination']);
  const pinned = gauge('pinned', '1 while a release is pinned', ['destination']);
  const appointment = gauge(
    'next_appointment_timestamp_seconds',
    'When something is to go live at its second; 0 where nothing is',
  );
  const embargoed = gauge('embargoed_pages', 'Pages and files that no visitor gets yet');
  const certificate = gauge('certificate_expiry_timestamp_seconds', 'Until when a certificate is good', ['of']);
  const memory = gauge('resident_memory_bytes', 'Memory of the process');
  const alarms = gauge('alarms', 'Conditions that alerts were told of, and last');
  const tellBeside = besideGauges(gauge);
  return {
    tell(event) {
      if (event.kind === 'skipped') skipped.inc();
      if (event.kind !== 'cycle-ended') return;
      const { report, exit } = event.end;
      cycles.inc({ exit: String(exit) });
      requests.inc(report.origin.requests);
      waited.inc(report.origin.seconds);
      for (const outcome of report.tally.outcomes.values()) pages.inc({ outcome });
      for (const [stage, seconds] of Object.entries(report.stages)) stages.inc({ stage }, seconds);
    },
    async text({ facts, run }) {
      for (const one of [age, interval, since, held, pinned, certificate]) one.reset();
      for (const lane of facts.lanes) {
        interval.set({ lane: lane.name }, lane.everySeconds);
        if (lane.ageSeconds !== null) age.set({ lane: lane.name }, lane.ageSeconds);
      }
      for (const one of facts.destinations) {
        const destination = one.name;
        if (one.since !== null) since.set({ destination }, Date.parse(one.since) / 1000);
        held.set({ destination }, one.hold.hold === null ? 0 : 1);
        pinned.set({ destination }, one.pinned === null ? 0 : 1);
      }
      appointment.set(facts.ahead.next === null ? 0 : Date.parse(facts.ahead.next.at) / 1000);
      embargoed.set(facts.ahead.embargoed);
      kept.set(facts.kept.length);
      active.set(run.role === 'active' ? 1 : 0);
      launch.set(facts.launch === null ? 0 : 1);
      ease.set(run.ease);
      for (const { of, until } of run.certificates)
        if (until !== null) certificate.set({ of }, Date.parse(until) / 1000);
      memory.set(run.memory);
      alarms.set(run.alarms.length);
      tellBeside(facts);
      return (registers[0] as Registry).metrics();
    },
  };
}

/** Of what comes from beside the pages: comments, values, and the comments that wait in the inbox. */
function besideGauges(gauge: Make<Gauge>): (facts: Facts) => void {
  const comments = ageGauges(gauge, { name: 'comments', what: 'the comments of a page', label: 'page' });
  const shown = gauge('comments_shown', 'Comments that a page shows', ['page']);
  const values = ageGauges(gauge, { name: 'value', what: 'a value', label: 'value' });
  const waiting = gauge('inbox_waiting', 'Comments in the inbox that are to be delivered');
  const refused = gauge('inbox_refused', 'Comments in the inbox that the origin would not have');
  const oldest = gauge('inbox_oldest_timestamp_seconds', 'Since when the oldest comment waits; 0 where none does');
  return (facts) => {
    comments(facts.comments.map((one) => [one.page, one]));
    shown.reset();
    for (const { page, count } of facts.comments) shown.set({ page }, count);
    values(facts.values.map((one) => [one.name, one]));
    waiting.set((facts.inbox?.waiting ?? 0) + (facts.inbox?.delivering ?? 0));
    refused.set(facts.inbox?.refused ?? 0);
    oldest.set((facts.inbox?.oldest ?? 0) / 1000);
  };
}

type Aged = Pick<Facts['values'][number], 'ageSeconds' | 'everySeconds' | 'trouble'>;

interface Naming {
  readonly name: string;
  readonly what: string;
  readonly label: string;
}

/** How old each of a kind is, and whether it fails; no age for one that was never read. */
function ageGauges(
  gauge: Make<Gauge>,
  { name, what, label }: Naming,
): (all: readonly (readonly [string, Aged])[]) => void {
  const age = gauge(`${name}_age_seconds`, `Since the last good look at ${what} began`, [label]);
  const interval = gauge(`${name}_interval_seconds`, `Between two looks at ${what}`, [label]);
  const failing = gauge(`${name}_failing`, `1 where the last look at ${what} failed`, [label]);
  return (all) => {
    for (const one of [age, interval, failing]) one.reset();
    for (const [of, { ageSeconds, everySeconds, trouble }] of all) {
      interval.set({ [label]: of }, everySeconds);
      failing.set({ [label]: of }, trouble === null ? 0 : 1);
      if (ageSeconds !== null) age.set({ [label]: of }, ageSeconds);
    }
  };
}
