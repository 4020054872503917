import { type DestinationReport, pageCounts, type Report, shortId } from '../cycle/report.ts';
import { asHoldfastError, type HoldfastError } from '../model/errors.ts';
import type { CycleEnd } from './cycle.ts';
import type { Level, Log } from './log.ts';
import type { RunEvent } from './state.ts';

/** Ticks in a row that found work going on: this many are worth a word. */
export const SKIPS_THAT_ALARM = 3;

/** Tells a log what happens: one line a cycle, and what is new about it. */
export function tellLog(log: Log): (event: RunEvent) => void {
  let known: ReadonlySet<string> = new Set();
  return (event) => {
    switch (event.kind) {
      case 'cycle-ended':
        known = tellCycle(log, event.end, known);
        return;
      case 'skipped':
        return log(event.times >= SKIPS_THAT_ALARM ? 'warn' : 'debug', `tick skipped: ${event.why}`, {
          skipped: event.times,
        });
      case 'role': {
        const other = event.other === undefined ? 'another machine' : event.other;
        return log('info', event.role === 'active' ? 'active' : `passive: ${other} is at work`, { role: event.role });
      }
      case 'taken-over':
        return log('warn', `took over from ${event.from}`, { from: event.from });
      case 'config':
        if (event.error === undefined) return log('info', 'configuration read again');
        return log('error', `the configuration is kept as it was: ${lineOf(event.error)}`, fieldsOf(event.error));
      case 'launch':
        if (event.launch === undefined) return log('info', 'launch mode is off');
        return log('info', `launch mode until ${new Date(event.launch.until).toISOString()}`);
      case 'trouble':
        return log('error', lineOf(event.error), fieldsOf(event.error));
      case 'cycle-began':
        return log('debug', `cycle begins: ${event.why}`, { why: event.why });
      default:
        return log('info', event.kind);
    }
  };
}

/** One line at info, or graver where it failed; then warnings that the cycle before had not. */
function tellCycle(log: Log, end: CycleEnd, known: ReadonlySet<string>): ReadonlySet<string> {
  const { report, failure, trouble, exit } = end;
  const level: Level = exit === 0 ? 'info' : exit === 3 ? 'info' : 'error';
  log(level, summaryOf(end), {
    why: end.why,
    exit,
    seconds: Math.round(end.seconds * 1000) / 1000,
    releases: report.releases,
    pages: pageCounts(report),
    kept: report.kept.length,
    requests: report.origin.requests,
    stages: report.stages,
    destinations: [...report.destinations].map(([name, one]) => ({ name, live: one.live, ...errorOf(one) })),
    ...(failure === undefined ? {} : fieldsOf(failure)),
  });
  if (trouble !== undefined) log('error', lineOf(trouble), fieldsOf(trouble));
  for (const [key, { code, path, text }] of report.tally.warnings)
    log(known.has(key) ? 'debug' : 'warn', `${code}: ${path} ${text}`, { code, path });
  return new Set(report.tally.warnings.keys());
}

/** What a cycle came to, in one line without times. */
export function summaryOf({ report, failure, seconds }: CycleEnd): string {
  const { captured, unchanged, kept, failed, gone } = pageCounts(report);
  const looks = `${captured} captured, ${unchanged} unchanged, ${kept} kept, ${failed} failed, ${gone} gone; ${report.origin.requests} requests; ${seconds.toFixed(1)} s`;
  const said = [
    ...[...report.destinations].map(([name, one]) => `${name}: ${destinationSaid(report, one)}`),
    ...(report.away === undefined ? [] : [report.away]),
    ...(failure === undefined ? [] : [lineOf(failure)]),
  ];
  return `${said.join('; ')} (${looks})`;
}

function destinationSaid(report: Report, { error, live }: DestinationReport): string {
  if (error !== undefined) return lineOf(asHoldfastError(error));
  if (live === null || live === undefined) return 'nothing is live';
  return report.releases.includes(live) ? `published ${shortId(live)}` : `nothing new, ${shortId(live)} stays live`;
}

function errorOf({ error }: DestinationReport): { readonly error?: string } {
  return error === undefined ? {} : { error: `${error.code}: ${error.message}` };
}

function lineOf(error: HoldfastError): string {
  return `${error.message.replaceAll('\n', '; ')} [${error.code}]`;
}

function fieldsOf({ code, stage, hint }: HoldfastError): Record<string, unknown> {
  return { code, stage, ...(hint === undefined ? {} : { hint }) };
}
