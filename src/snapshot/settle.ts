import type { Address } from '../model/address.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Entry, Trouble, Withdrawal } from '../model/snapshot.ts';
import type { LookContext } from './context.ts';
import { type Lane, laneFor } from './lanes.ts';
import { isFinal, isShown } from './look.ts';

/** A lane is well while no more than this part of its looks failed: what fails then fails alone. */
const WELL = 0.2;
/** Over this part of a lane gone at once, nothing is published without a person's word. One page alone never counts as a shrinkage. */
const SHRINK = 0.2;
/** Looks in a row that must say "gone", "moved" or "private": one may be a hiccup of the origin. */
const LOOKS_TO_BELIEVE = 2;

interface SettleOptions {
  readonly lane: Lane;
  readonly lanes: readonly Lane[];
  readonly began: number;
}

type Row = readonly [Address, Entry];

/** At the end of a pass: what went away, moved or was made private leaves, if it failed alone. Throws `lane-shrunk`, and changes nothing then. */
export function settle(context: LookContext, { lane, lanes, began }: SettleOptions): void {
  const { records, tally, acceptShrink } = context;
  const rows = [...records.pages].filter(([address, entry]) => laneFor(lanes, address, entry) === lane);
  const looked = rows.filter(([, entry]) => (entry.lookedAt ?? 0) >= began);
  const troubled = looked.filter(([, { trouble, withdrawn }]) => trouble !== undefined && withdrawn === undefined);
  const failing = troubled.filter(([, { trouble }]) => trouble !== undefined && !isFinal(trouble.problem));
  if (failing.length > Math.max(1, looked.length * WELL)) return;
  const wellSince = { lastGood: latestGood(context), began };
  const counted = troubled.map(([address, entry]): Row => [address, countLook(context, entry, wellSince)]);
  const leaving = counted.flatMap(([address, entry]) => {
    const next = leave(context, { lane, address, entry, lastGood: wellSince.lastGood });
    return next === undefined ? [] : [[address, next] as const];
  });
  const lost = leaving
    .filter(([address]) => isShown(records.pages.get(address) ?? { lane: '' }))
    .map(([address]) => address);
  const live = looked.filter(([, entry]) => isShown(entry)).length;
  if (lost.length > 1 && lost.length > live * SHRINK && !acceptShrink) throw shrunk(lane, lost, live);
  for (const [address, entry] of [...counted, ...leaving]) records.pages.set(address, entry);
  for (const [address, { withdrawn }] of leaving) if (withdrawn !== undefined) tally.outcomes.set(address, 'gone');
  forgetDead(context, rows, began);
}

/** When a page of the site last was well: evidence that the origin answers, and that a failure after it is the page's own. */
function latestGood({ records }: LookContext): number {
  let latest = 0;
  for (const [, { goodAt, trouble }] of records.pages)
    if (trouble === undefined && goodAt !== undefined && goodAt > latest) latest = goodAt;
  return latest;
}

interface WellSince {
  readonly lastGood: number;
  readonly began: number;
}

/** One more look at a page that fails although the origin was well in this pass, or after the page began to fail so: what it said of the trouble before says nothing of this one. */
function countLook({ clock }: LookContext, entry: Entry, { lastGood, began }: WellSince): Entry {
  const { trouble } = entry;
  if (trouble === undefined || lastGood < Math.min(trouble.turned ?? trouble.since, began)) return entry;
  return {
    ...entry,
    trouble: { ...trouble, looks: trouble.looks + 1, aloneSince: trouble.aloneSince ?? clock.now() },
  };
}

interface Candidate {
  readonly lane: Lane;
  readonly address: Address;
  readonly entry: Entry;
  readonly lastGood: number;
}

/** The entry of a page that leaves, or that is taken as it is from now on; undefined for one that stays as it was. */
function leave(context: LookContext, { lane, address, entry, lastGood }: Candidate): Entry | undefined {
  const { trouble } = entry;
  if (trouble === undefined || (!isShown(entry) && lane.paths.has(address))) return undefined;
  if (isFinal(trouble.problem)) return trouble.looks < LOOKS_TO_BELIEVE ? undefined : believe(context, entry, trouble);
  const { aloneSince = context.clock.now() } = trouble;
  const { maxKept } = context.config.gate;
  // An origin that was away for all that time is no page's own trouble.
  if (context.clock.now() - aloneSince <= maxKept || context.clock.now() - lastGood > maxKept) return undefined;
  return INSISTENT.includes(trouble.problem) ? { ...entry, insists: true } : withdraw(entry, 'kept-too-long');
}

/** Problems of a page that is there and whole, only not as it was: after `maxKept` it is believed. */
const INSISTENT: readonly Trouble['problem'][] = ['shrunk', 'type', 'place', 'asset'];

function believe({ records }: LookContext, entry: Entry, { problem, to, status }: Trouble): Entry | undefined {
  if (problem !== 'moved') return withdraw(entry, problem === 'gone' ? 'gone' : 'private');
  if (to === undefined || status === undefined) return undefined;
  const isThere = !to.startsWith('/') || records.pages.get(to.replace(/#.*$/, ''))?.good !== undefined;
  if (!isThere) return undefined;
  const { good: _good, trouble: _trouble, adopted: _adopted, ...rest } = entry;
  return { ...rest, redirect: { to, status } };
}

/** Without its last good capture, against which a page that comes back would be held. */
function withdraw(entry: Entry, why: Withdrawal): Entry {
  const { good: _good, redirect: _redirect, adopted: _adopted, ...rest } = entry;
  return { ...rest, withdrawn: why };
}

/** Pages that went away and that nothing led to in this pass are not asked for any more. */
function forgetDead({ records }: LookContext, rows: readonly Row[], began: number): void {
  for (const [address, entry] of rows) {
    const isDead = entry.withdrawn === 'gone' || (entry.trouble?.problem === 'gone' && !isShown(entry));
    if (isDead && (entry.lookedAt ?? 0) < began) records.pages.delete(address);
  }
}

function shrunk(lane: Lane, lost: readonly Address[], live: number): HoldfastError {
  const shown = lost.slice(0, 3).join(', ');
  return new HoldfastError(
    'lane-shrunk',
    `lane ${lane.name}: ${lost.length} of ${live} pages are gone at once (${shown}${lost.length > 3 ? ', …' : ''}); nothing was published`,
    {
      hint: 'if that is meant, run publish --accept-shrink once',
      visitors: 'visitors get the release that was live before',
    },
  );
}
