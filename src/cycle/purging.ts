import type { PurgeConfig } from '../config/schema.ts';
import { asHoldfastError } from '../model/errors.ts';
import { LEDGER_FORMAT, type PurgeLedger, readLedger, writeLedger } from '../publish/purge-ledger.ts';
import { type PurgeStatus, purgeStatus } from '../publish/purge-status.ts';
import type { PurgeAnswer, Purger } from '../publish/purger.ts';
import { createPurger } from '../publish/purgers/index.ts';
import {
  afterFailure,
  afterPurge,
  type CacheRecord,
  type CacheRules,
  newRecord,
  noteChanges,
  type PurgePlan,
  planPurge,
} from '../publish/purging.ts';
import type { Difference } from '../release/difference.ts';
import { warn } from '../snapshot/context.ts';
import type { Cycle } from './cycle.ts';
import { stateFiles, type Workplace } from './workplace.ts';

/** What is another at one destination by now. */
export interface Change {
  /** Id of the release that is live there; null where none is known to be, and where it went wrong. */
  readonly release: string | null;
  /** Files that a cache may hold another answer for. */
  readonly files: readonly string[];
}

/** The changes of each destination, by its name. */
export type Changes = ReadonlyMap<string, Change>;

/** What a purge needs of a cycle. */
export interface Purging {
  readonly place: Pick<Workplace, 'config' | 'stateDir' | 'site' | 'clock'>;
  readonly wish: Pick<Cycle['wish'], 'dryRun'>;
  readonly report: Pick<Cycle['report'], 'tally'>;
  /** From 0 to 1, for the waits after failures; default `Math.random`. */
  readonly random?: () => number;
}

/** Web servers as in `publish/edge` look once a second whether a file is another one; a cache that asked sooner would get the old. */
const SETTLE_MS = 2000;
/** What a cache is not through with by then is asked for again by a later run. */
const PURGE_DEADLINE_MS = 60_000;

/**
 * Tells every cache what changed, and what earlier runs could not tell it. To be called after the destinations of `changed` were
 * read back; with nothing changed it only tries again. What fails is warned of (`purge-failed`) and kept for later runs: it fails
 * no publish. Throws only the signal's reason.
 */
export async function purgeAfter(purging: Purging, changed: Changes, signal: AbortSignal): Promise<void> {
  const { place, wish, report } = purging;
  if (wish.dryRun || place.config.purge.length === 0) return;
  try {
    const { caches, releases } = await noted(purging, changed);
    const isAsking = caches.some((cache) => planOf(cache, place.clock.now()).kind === 'ask');
    if (isAsking && hasChanges(changed)) await place.clock.sleep(SETTLE_MS, signal);
    const told = await Promise.all(caches.map((cache) => tell(purging, cache, signal)));
    if (told.some((cache, index) => cache !== caches[index])) await save(purging, { caches: told, releases });
  } catch (error) {
    warn(report.tally, 'purge-failed', 'purges', asHoldfastError(error).message);
  }
  signal.throwIfAborted();
}

/** Writes down what changed, for a later run to tell: this one is stopped. */
export async function notePurges(purging: Purging, changed: Changes): Promise<void> {
  if (!purging.wish.dryRun && purging.place.config.purge.length > 0) await noted(purging, changed);
}

const hasChanges = (changed: Changes): boolean => [...changed.values()].some(({ files }) => files.length > 0);

/** Files that a cache may hold another answer for: what changed, what is gone, and new pages, which may be cached as missing. */
export function changedFiles({ put, remove }: Difference): readonly string[] {
  const other = put.filter(({ file, why }) => why !== 'forced' && (why !== 'not there' || file.kind !== 'asset'));
  return [...other.map(({ file }) => file.path), ...remove.map(({ path }) => path)];
}

/**
 * The release of each destination, by its name, up to which this machine knows that changes were noted. Where another one is live, a machine was killed
 * between a publish and its note, this one or one that went before it.
 */
export async function releasesNoted(
  place: Pick<Workplace, 'config' | 'stateDir'>,
): Promise<Readonly<Record<string, string>>> {
  if (place.config.purge.length === 0) return {};
  return (await readLedger(stateFiles(place.stateDir).purges).catch(() => undefined))?.noted ?? {};
}

/** What `status` says of every configured cache. Throws `state-damaged`. */
export async function purgeStates(
  place: Pick<Workplace, 'config' | 'stateDir'>,
  now: number,
): Promise<readonly PurgeStatus[]> {
  const ledger = await readLedger(stateFiles(place.stateDir).purges);
  return place.config.purge.map((config) => purgeStatus(config, ledger?.caches[config.name], now));
}

interface Cache {
  readonly config: PurgeConfig;
  readonly purger: Purger;
  readonly record: CacheRecord;
}

/** The ledger as it is worked on. */
interface Book {
  readonly caches: readonly Cache[];
  /** Up to which release of each destination changes are in it. */
  readonly releases: Readonly<Record<string, string>>;
}

async function noted(purging: Purging, changed: Changes): Promise<Book> {
  const { config, stateDir, site, clock } = purging.place;
  const ledger = await readLedger(stateFiles(stateDir).purges).catch((error: unknown) => {
    warn(purging.report.tally, 'purge-failed', 'purges.json', `${asHoldfastError(error).message}; it is begun anew`);
    return undefined;
  });
  const now = clock.now();
  const caches = config.purge.map((cache): Cache => {
    const record = ledger?.caches[cache.name] ?? newRecord(now);
    const files = filesFor(cache, changed);
    const purger = createPurger(cache, site.publicUrl);
    return { config: cache, purger, record: files.length === 0 ? record : noteChanges(record, files, now) };
  });
  const live = [...changed].flatMap(([name, { release }]) => (release === null ? [] : [[name, release] as const]));
  const book = { caches, releases: { ...ledger?.noted, ...Object.fromEntries(live) } };
  const isOther = live.some(([name, release]) => ledger?.noted?.[name] !== release);
  if (hasChanges(changed) || isOther) await save(purging, book);
  return book;
}

function filesFor({ to }: PurgeConfig, changed: Changes): readonly string[] {
  const behind = [...changed].filter(([destination]) => to === undefined || to.includes(destination));
  return [...new Set(behind.flatMap(([, { files }]) => files))];
}

/** The cache with what became of its ask; the same one where nothing was asked, or the run was stopped. */
async function tell(purging: Purging, cache: Cache, signal: AbortSignal): Promise<Cache> {
  const { name, twice } = cache.config;
  const { tally } = purging.report;
  const plan = planOf(cache, purging.place.clock.now());
  if (plan.kind === 'nothing') return cache;
  if (plan.kind === 'wait') {
    warn(tally, plan.why === 'budget' ? 'purge-waits' : 'purge-failed', name, waitText(plan, cache.record));
    return cache;
  }
  const answer = await ask(cache.purger, plan, signal);
  if (signal.aborted && answer.kind !== 'done') return cache;
  const now = purging.place.clock.now();
  if (answer.kind === 'done') return { ...cache, record: afterPurge(cache.record, plan, { now, twice }) };
  const { why: text, waitMs } = answer;
  warn(tally, 'purge-failed', name, `${text}; ${plan.files.length} files wait to be purged`);
  const random = (purging.random ?? Math.random)();
  return { ...cache, record: afterFailure(cache.record, { text, now, waitMs, random }) };
}

/** For the ledger a failure is a wish to be asked later. */
async function ask(purger: Purger, plan: PurgePlan & { kind: 'ask' }, signal: AbortSignal): Promise<PurgeAnswer> {
  const limit = AbortSignal.timeout(PURGE_DEADLINE_MS);
  try {
    return await purger.purge(plan.ask, AbortSignal.any([signal, limit]));
  } catch (error) {
    if (limit.aborted)
      return { kind: 'later', why: `${purger.name}: not through within ${PURGE_DEADLINE_MS / 1000} s` };
    const { message, hint } = asHoldfastError(error);
    return { kind: 'later', why: hint === undefined ? message : `${message}; ${hint}` };
  }
}

function waitText({ why, waiting }: PurgePlan & { kind: 'wait' }, { trouble }: CacheRecord): string {
  const reason = why === 'budget' ? "the month's budget is spent for now" : (trouble?.text ?? '');
  return `${reason}; ${waiting} files wait to be purged`;
}

function planOf({ config, purger, record }: Cache, now: number): PurgePlan {
  const { budget, everything, twice } = config;
  const rules: CacheRules = { limit: purger.limit, budget, everything, twice };
  return planPurge(record, rules, now);
}

/** A ledger that cannot be written costs purges, never a publish. */
async function save({ place, report }: Purging, { caches, releases }: Book): Promise<void> {
  const records = caches.map(({ config, record }) => [config.name, record] as const);
  const ledger: PurgeLedger = { format: LEDGER_FORMAT, noted: releases, caches: Object.fromEntries(records) };
  try {
    await writeLedger(stateFiles(place.stateDir).purges, ledger);
  } catch (error) {
    warn(report.tally, 'purge-failed', 'purges.json', asHoldfastError(error).message);
  }
}
