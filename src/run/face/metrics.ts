import { Counter, Gauge, Registry } from 'prom-client';
import type { RunEvent } from '../state.ts';
import type { Shown } from './page.ts';

/** Figures for Prometheus. */
export interface Metrics {
  tell(event: RunEvent): void;
  /** The text format, of these facts. */
  text(shown: Shown): Promise<string>;
}

/** Metrics of one process, in a registry of their own; names end in their unit. */
export function createMetrics(): Metrics {
  const registers = [new Registry()];
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `holdfast_${name}`, help, labelNames, registers });
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `holdfast_${name}`, help, labelNames, registers });
  const cycles = counter('cycles_total', 'Cycles that ended, by exit code', ['exit']);
  const skipped = counter('ticks_skipped_total', 'Ticks that found work going on');
  const requests = counter('origin_requests_total', 'Requests sent to the origin');
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
  return {
    tell(event) {
      if (event.kind === 'skipped') skipped.inc();
      if (event.kind !== 'cycle-ended') return;
      const { report, exit } = event.end;
      cycles.inc({ exit: String(exit) });
      requests.inc(report.requests);
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
      return (registers[0] as Registry).metrics();
    },
  };
}
