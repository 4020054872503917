import { clocksThatAreOff } from '../check/clocks.ts';
import type { LoadedConfig } from '../config/load.ts';
import { askFor, cutsBefore, leadOf, preparedIn } from '../cycle/appointment.ts';
import type { Wish } from '../cycle/cycle.ts';
import { hotLanes } from '../cycle/launch.ts';
import { sleepUntil, systemClock } from '../model/clock.ts';
import { asHoldfastError, EXIT, HoldfastError, isHoldfastError } from '../model/errors.ts';
import { NOT_AN_INSTANT, parseInstant, shownInstant } from '../model/instant.ts';
import { aheadLines, aheadOf, countdown } from '../run/ahead.ts';
import { openAsks } from '../run/asks.ts';
import type { VerbIo } from './io.ts';
import { type PublishFlags, publishAndTell, wishOf } from './publish.ts';

/** What fails at the instant is tried again at once, for so long. */
const RETRY_MS = 60_000;
const PAUSE_MS = 1000;
/** Another run is waited for in steps of this. */
const BUSY_MS = 250;

/**
 * `holdfast publish --at INSTANT`: prepares, waits, and has it live at that second; then looks at the hot lanes. Started again after it was
 * stopped it goes on from what is prepared; after the instant it publishes at once.
 */
export async function publishAtVerb(io: VerbIo, text: string, flags: PublishFlags): Promise<number> {
  const at = parseInstant(text);
  if (at === undefined) throw new HoldfastError('usage', `--at ${text}: ${NOT_AN_INSTANT}`);
  const wish = wishOf(flags);
  if (wish.dryRun)
    throw new HoldfastError('usage', '--at and --dry-run: one waits and publishes, the other does neither');
  const loaded = await io.load();
  const clock = systemClock;
  const zone = loaded.config.schedule.zone;
  const appointment: Wish = { ...wish, looks: 'none', at };
  if (at > clock.now()) {
    await askFor(loaded.stateDir, at, clock.now());
    io.note(`live at ${shownInstant(at, zone)}, in ${countdown(at - clock.now())}`);
    await warnOfClocks(io, loaded);
    await prepare(io, { loaded, at, wish });
    await waitAndCut(io, { loaded, at, wish });
  } else io.note(`${shownInstant(at, zone)} is over: live at once`);
  const exit = await goLiveAt(io, appointment, at);
  if (exit !== EXIT.done.code && exit !== EXIT.kept.code) return exit;
  const asks = openAsks();
  asks.add({ paths: [], lanes: hotLanes(loaded.config) });
  const after = await unlessBusy(() => publishAndTell(io, { ...wish, looks: 'due', asks }));
  return after === undefined || after === EXIT.done.code ? exit : after;
}

interface Waiting {
  readonly loaded: LoadedConfig;
  readonly at: number;
  readonly wish: Wish;
}

async function warnOfClocks(io: VerbIo, loaded: LoadedConfig): Promise<void> {
  for (const { text } of await clocksThatAreOff(loaded, io.signal)) io.note(`warning clock-skew: ${text}`);
}

/** A cycle prepares what comes next; one that another run is at does as well. */
async function prepare(io: VerbIo, { loaded, wish }: Waiting): Promise<void> {
  await unlessBusy(() => publishAndTell(io, wish));
  for (const line of aheadLines(await aheadOf(loaded, systemClock.now()), systemClock.now())) io.note(line);
}

/** Until the release is to be made: shorter times in caches, step by step. */
async function waitAndCut(io: VerbIo, { loaded, at, wish }: Waiting): Promise<void> {
  for (;;) {
    const now = systemClock.now();
    const prepared = await preparedIn(loaded.stateDir, now);
    const lead = at - leadOf(prepared);
    const steps = cutsBefore(prepared).map((before) => at - before);
    const next = Math.min(...steps.filter((step) => step > now), lead);
    if (next <= now) return;
    await sleepUntil(next, systemClock, io.signal);
    if (next === lead) return;
    await attempt(io, { ...wish, looks: 'none' });
  }
}

/** Made now, held until the instant; what is in the way, or fails, is tried again until a minute after it. */
async function goLiveAt(io: VerbIo, wish: Wish, at: number): Promise<number> {
  for (;;) {
    const exit = await attempt(io, wish);
    const isOver = systemClock.now() >= at + RETRY_MS;
    if (exit === EXIT.done.code || exit === EXIT.kept.code || isOver) return exit ?? EXIT.busy.code;
    await systemClock.sleep(exit === undefined ? BUSY_MS : PAUSE_MS, io.signal);
  }
}

/** A cycle whose failure is said and is no end: what is wrong now, a configuration that is being saved, a disk that is full, may be right at the instant. */
async function attempt(io: VerbIo, wish: Wish): Promise<number | undefined> {
  try {
    return await unlessBusy(() => publishAndTell(io, wish));
  } catch (error) {
    io.signal.throwIfAborted();
    const failure = asHoldfastError(error);
    io.noteError(failure);
    return failure.exit;
  }
}

/** Undefined where another run is at work. */
async function unlessBusy(work: () => Promise<number>): Promise<number | undefined> {
  return work().catch((error: unknown) => {
    if (isHoldfastError(error, 'locked', 'leased')) return undefined;
    throw error;
  });
}
