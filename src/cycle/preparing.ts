import { rm } from 'node:fs/promises';
import { isOfTheMoment } from '../model/ending.ts';
import { asHoldfastError, hasCode, isHoldfastError } from '../model/errors.ts';
import { shownInstant } from '../model/instant.ts';
import type { ReleaseFile } from '../model/manifest.ts';
import { openerOf } from '../publish/golive.ts';
import { isCertain, liveOf } from '../publish/live.ts';
import { windowOf } from '../release/ending.ts';
import { forgetAhead } from '../render/render.ts';
import { warn } from '../snapshot/context.ts';
import { writeAtomic } from '../store/files.ts';
import { HORIZON_MS, nextAppointment, type Prepared, type ReadyAt } from './appointment.ts';
import type { Cycle } from './cycle.ts';
import type { Held } from './leases.ts';
import { planFor, type Target } from './publishing.ts';
import { renderAll } from './rendering.ts';
import { newReport } from './report.ts';
import { stateFiles } from './workplace.ts';

/**
 * Makes ready what is to go live at the next instant: composed for it, compressed, and near each destination where no visitor finds it.
 * All of it may be lost, and is made again. What keeps it from being prepared is warned of by its code alone: the words of an error may
 * be those that are under embargo.
 */
export async function prepareNext(cycle: Cycle, signal: AbortSignal): Promise<void> {
  const { place, report } = cycle;
  const now = place.clock.now();
  const next = await nextAppointment(place, now);
  const file = stateFiles(place.stateDir).prepared;
  if (next === undefined || next.at - now > HORIZON_MS) {
    forgetAhead(place.rendered);
    return rm(file, { force: true });
  }
  const prepared = await prepareFor(cycle, next.at, signal).catch((error: unknown): Prepared => {
    signal.throwIfAborted();
    const problem = problemOf(error);
    const text = `what is to go live at ${shownInstant(next.at)} cannot be prepared: ${problem}; holdfast preview shows why`;
    warn(report.tally, 'not-prepared', shownInstant(next.at), text);
    return { at: next.at, made: now, destinations: [], window: 0, problem };
  });
  for (const [name, problem] of Object.entries(prepared.problems ?? {}))
    warn(report.tally, 'not-prepared', name, `what is to go live at ${shownInstant(next.at)} is not ready: ${problem}`);
  await writeAtomic(file, JSON.stringify(prepared));
}

/** The code of what went wrong. Throws it where this machine is the one that publishes no more. */
function problemOf(error: unknown): string {
  const told = asHoldfastError(error);
  if (hasCode(told, 'lease-lost')) throw told;
  return told.code;
}

async function prepareFor(cycle: Cycle, at: number, signal: AbortSignal): Promise<Prepared> {
  const { place, wish, leases } = cycle;
  // Its warnings are those of a release that is not made yet.
  const ahead: Cycle = { ...cycle, wish: { ...wish, at }, report: newReport() };
  const snapshot = place.snapshot();
  const files = await renderAll(ahead, snapshot, signal);
  const target: Target = { ...ahead, snapshot, files };
  // One that fails keeps no other from being ready.
  const problems: Record<string, string> = {};
  const all = await Promise.all(
    leases.held.map((held) =>
      readyAt(held, target, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        problems[held.destination.name] = problemOf(error);
        return undefined;
      }),
    ),
  );
  const ready = all.filter((one) => one !== undefined);
  return {
    at,
    made: place.clock.now(),
    destinations: ready.map(({ one }) => one),
    window: Math.max(0, ...ready.map(({ window }) => window)),
    ...(Object.keys(problems).length === 0 ? {} : { problems }),
  };
}

async function readyAt(
  held: Held,
  target: Target,
  signal: AbortSignal,
): Promise<{ readonly one: ReadyAt; readonly window: number }> {
  const live = await liveOf(held.manifests, held.state, signal);
  const { change } = await planFor(held, target, live);
  const there = new Map((live.manifest?.files ?? []).map((file) => [file.path, file]));
  const changes = [...change.put.map(({ file }) => file.path), ...change.remove.map(({ path }) => path)].filter(
    (path) => there.has(path) && !isOfTheMoment(path),
  );
  const puts = change.put.map(({ file }) => file);
  const isStaged = await stagedOf(held, { target, files: isCertain(live) ? puts : [] }, signal);
  const caching = (path: string): string => there.get(path)?.headers['cache-control'] ?? '';
  // What is there may be cut already, so what comes after it says how long it usually stays.
  const next = puts.flatMap(({ path, headers }) => (there.has(path) ? (headers['cache-control'] ?? '') : []));
  return {
    one: {
      destination: held.destination.name,
      changes,
      puts: puts.length,
      staged: isStaged.size,
      bytes: puts.reduce((sum, { path, size }) => sum + (isStaged.has(path) ? 0 : size), 0),
    },
    window: Math.max(0, ...[...changes.map(caching), ...next].map(windowOf)),
  };
}

/** Paths of the files that lie near the destination now. One whose bytes are not here comes from the destination itself. */
async function stagedOf(
  { destination, lease }: Held,
  { target, files }: { readonly target: Target; readonly files: readonly ReleaseFile[] },
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const staged = new Set<string>();
  for (const file of files) {
    await lease?.ensureHeld();
    const isThere = await destination
      .stage(file, openerOf(file, target.place.blobs.open), signal)
      .catch((error: unknown) => {
        if (isHoldfastError(error, 'blob-missing', 'blob-damaged')) return false;
        throw error;
      });
    if (isThere) staged.add(file.path);
  }
  return staged;
}
