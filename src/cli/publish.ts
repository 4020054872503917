import type { LoadedConfig } from '../config/load.ts';
import type { Wish } from '../cycle/cycle.ts';
import { appendRun } from '../cycle/history.ts';
import {
  type DestinationReport,
  exitOf,
  newReport,
  type PurgedComment,
  pageCounts,
  type Report,
  reportJson,
  shortId,
} from '../cycle/report.ts';
import { age } from '../model/age.ts';
import { asHoldfastError, type HoldfastError } from '../model/errors.ts';
import { publish } from '../pipeline.ts';
import { assertDestination } from './destinations.ts';
import type { VerbIo } from './io.ts';
import { watch } from './watching.ts';

export interface PublishFlags {
  readonly now?: boolean;
  readonly dryRun?: boolean;
  readonly only?: string;
  readonly to?: string;
  readonly force?: boolean;
  readonly maxDeletes: number;
  readonly acceptShrink?: boolean;
}

/** `holdfast publish`: one cycle. Exit codes are those of the README's table. */
export async function publishVerb(io: VerbIo, flags: PublishFlags): Promise<number> {
  return publishAndTell(io, wishOf(flags));
}

/** What the flags ask a cycle for. */
export function wishOf({ now, dryRun, only, to, force, maxDeletes, acceptShrink }: PublishFlags): Wish {
  return {
    looks: now === true ? 'all' : 'due',
    dryRun: dryRun === true,
    force: force === true,
    acceptShrink: acceptShrink === true,
    maxDeletes,
    ...(only === undefined ? {} : { only }),
    ...(to === undefined ? {} : { to }),
  };
}

/** Runs one cycle, writes it down and says what came of it; the verbs that publish share it. */
export async function publishAndTell(io: VerbIo, wish: Wish): Promise<number> {
  const loaded = await io.load();
  assertDestination(wish.to, loaded.config.destinations);
  const report = newReport();
  const watching = watch(io, () => report);
  const { exit, seconds, failure } = await runCycle(loaded, { wish, report }, io.signal).finally(watching.end);
  tell(io, report, { seconds, dryRun: wish.dryRun, failure });
  if (report.purged !== undefined) for (const line of purgeLines(report.purged)) io.note(line);
  if (io.json) io.print(JSON.stringify(reportJson(report, seconds)));
  return exit;
}

/** One cycle that came to its end, well or not. */
interface CycleEnd {
  readonly exit: number;
  readonly seconds: number;
  readonly failure: HoldfastError | undefined;
}

/** Runs one cycle and writes it down. Throws `locked`, `leased` and `usage`, by which nothing was begun. */
async function runCycle(
  loaded: LoadedConfig,
  { wish, report }: { readonly wish: Wish; readonly report: Report },
  signal: AbortSignal,
): Promise<CycleEnd> {
  const started = performance.now();
  const failure = await publish(loaded, wish, report, signal).then(() => undefined, asHoldfastError);
  const seconds = (performance.now() - started) / 1000;
  if (failure !== undefined && ['locked', 'leased', 'usage'].includes(failure.code)) throw failure;
  const exit = exitOf(report, failure);
  if (!wish.dryRun) await appendRun(loaded.stateDir, report, { seconds, exit, error: failure });
  return { exit, seconds, failure };
}

/** Publishes what is known to one destination, without asking the origin; what went wrong is said, and the exit code tells. */
export async function publishKnown(io: VerbIo, loaded: LoadedConfig, to: string): Promise<number> {
  const wish: Wish = { looks: 'none', to, force: false, dryRun: false, maxDeletes: 0, acceptShrink: false };
  const report = newReport();
  const { exit, failure } = await runCycle(loaded, { wish, report }, io.signal);
  noteTrouble(io, report, failure);
  return exit;
}

interface Told {
  readonly seconds: number;
  readonly dryRun: boolean;
  readonly failure: HoldfastError | undefined;
}

function tell(io: VerbIo, report: Report, { seconds, dryRun, failure }: Told): void {
  if (dryRun && !io.json) printPlan(io, report);
  noteTrouble(io, report, failure);
  if (io.json) return;
  for (const [name] of report.destinations) io.print(summary(report, name, { seconds, dryRun, failure }));
}

function noteTrouble(io: VerbIo, report: Report, failure: HoldfastError | undefined): void {
  for (const { code, path, text } of report.tally.warnings.values()) io.note(`warning ${code}: ${path} ${text}`);
  if (report.away !== undefined) io.note(`warning origin-away: ${report.away}`);
  for (const { address, problem, text, goodAt } of report.kept) {
    io.note(
      `${goodAt === undefined ? 'failed' : `kept, last good ${age(Date.now() - goodAt)} ago`}: ${address} ${problem}: ${text}`,
    );
  }
  for (const [name, { error }] of report.destinations)
    if (error !== undefined) io.noteError(asHoldfastError(error), name);
  if (failure !== undefined) io.noteError(failure);
}

function* purgeLines({ id, pages, lookedAgain, stillShown, dropped }: PurgedComment): Generator<string> {
  yield `comment ${id}: out of the thread of ${pages.join(', ')}, and of what is stored here`;
  const others = lookedAgain.filter((address) => !pages.includes(address));
  if (others.length > 0) yield `looked at again, since they named it: ${others.join(', ')}`;
  if (stillShown.length > 0) yield `the origin still shows it on ${stillShown.join(', ')}: remove it there too`;
  for (const [name, ids] of Object.entries(dropped))
    yield `${name}: ${ids.length} kept releases that may hold it are gone: ${ids.map(shortId).join(', ')}`;
}

function printPlan(io: VerbIo, report: Report): void {
  for (const [name, { difference }] of report.destinations) {
    for (const { file, why } of difference?.put ?? []) io.print(`${name}: put ${file.path} (${why})`);
    for (const { path, why } of difference?.remove ?? []) io.print(`${name}: remove ${path} (${why})`);
  }
}

function summary(report: Report, name: string, { seconds, dryRun }: Told): string {
  const destination = report.destinations.get(name);
  const { captured, unchanged, kept, failed, gone } = pageCounts(report);
  const looks = `${captured} captured, ${unchanged} unchanged, ${kept} kept, ${failed} failed, ${gone} gone; ${commentWords(report)}${report.origin.requests} requests; ${seconds.toFixed(1)} s`;
  if (destination?.error !== undefined) return `${name}: failed; live is ${liveOf(destination)} (${looks})`;
  const put = destination?.difference?.put.length ?? 0;
  const removed = destination?.difference?.remove.length ?? 0;
  const same = destination?.difference?.same ?? 0;
  const live = liveOf(destination);
  if (dryRun) return `${name}: would put ${put}, remove ${removed}, leave ${same}; live is ${live} (${looks})`;
  if (put === 0 && removed === 0) return `${name}: nothing new, ${live} stays live: ${same} same (${looks})`;
  return `${name}: published ${live}: ${put} put, ${removed} removed, ${same} same (${looks})`;
}

/** Nothing where no comments came or went. */
function commentWords({ comments }: Report): string {
  const words = Object.entries(comments).flatMap(([what, count]) => (count === 0 ? [] : `${count} ${what}`));
  return words.length === 0 ? '' : `comments: ${words.join(', ')}; `;
}

function liveOf(destination: DestinationReport | undefined): string {
  if (destination?.live === undefined) return 'not known';
  return destination.live === null ? 'nothing' : shortId(destination.live);
}
