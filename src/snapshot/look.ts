import type { Address } from '../model/address.ts';
import type { Outcome, Problem } from '../model/capture.ts';
import type { Entry } from '../model/snapshot.ts';
import { type LookContext, warn } from './context.ts';
import { type Finding, findOut, type Wanted } from './finding.ts';

/** One look at one page: its entry is brought up to date, and what it leads to is returned. */
export interface Looked {
  readonly outcome: Outcome;
  /** Pages to look at too: links of a crawl, the target of a redirect. */
  readonly leads: readonly Address[];
  /** The entry before this look, where the look changed its good capture: to go back to when the slice is judged as a whole. */
  readonly before?: Entry;
}

/** Looks at one page of a lane. Throws `origin-away`, `origin-private` and the signal's reason; nothing else. */
export async function lookAtPage(context: LookContext, wanted: Wanted, signal: AbortSignal): Promise<Looked> {
  const { records, clock, tally } = context;
  const { lane, address } = wanted;
  const finding = await findOut(context, wanted, signal);
  const entry = records.pages.get(address) ?? { lane: lane.name };
  const next = { ...apply(entry, finding, clock.now()), lookedAt: clock.now() };
  records.pages.set(address, next);
  const outcome = outcomeOf(finding, { before: entry, after: next, isListed: lane.paths.has(address) });
  tally.outcomes.set(address, outcome);
  // Listed somewhere, never ours to show: nothing is amiss, but a person should know why it is not there.
  if (outcome === 'failed' && next.trouble?.problem === 'private' && !lane.paths.has(address))
    warn(tally, 'page-private', address, next.trouble.text);
  tally.progress?.(lane.name, address, outcome);
  const leads = leadsOf(context, wanted, { finding, entry: next });
  return { outcome, leads, ...(next.good === entry.good ? {} : { before: entry }) };
}

/** Answers by which a page says of itself that it went away, moved or was made private. */
export function isFinal(problem: Problem | 'gone'): boolean {
  return problem === 'gone' || problem === 'private' || problem === 'moved';
}

/** True where visitors may be getting the page: from a capture of ours, or from one that was live before this machine knew it. */
export function isShown({ good, redirect, adopted, withdrawn }: Entry): boolean {
  return withdrawn === undefined && (good !== undefined || redirect !== undefined || adopted === true);
}

function apply(entry: Entry, finding: Finding, now: number): Entry {
  const { trouble: _trouble, withdrawn, redirect: _redirect, adopted: _adopted, insists: _insists, ...rest } = entry;
  const stays = withdrawn === 'by-hand' ? { withdrawn } : {};
  switch (finding.kind) {
    case 'good':
      return { ...rest, ...stays, good: finding.good, goodAt: now };
    case 'unchanged':
      return { ...rest, ...stays, ...(finding.good === undefined ? {} : { good: finding.good }), goodAt: now };
    case 'redirect': {
      const { to, status } = finding;
      // A page that stood here is not given up for one answer.
      const isPage = isShown(entry) && entry.redirect === undefined;
      if (isPage) return troubled(entry, { problem: 'moved', text: `redirects to ${to}`, to, status }, now);
      const { good: _good, ...without } = rest;
      return { ...without, ...stays, redirect: { to, status }, goodAt: now };
    }
    case 'trouble':
      return troubled(entry, { problem: finding.problem, text: finding.text }, now);
  }
}

type Now = {
  readonly problem: Problem | 'gone';
  readonly text: string;
  readonly to?: string;
  readonly status?: number;
};

function troubled(entry: Entry, found: Now, now: number): Entry {
  const { trouble } = entry;
  const isSameKind = trouble !== undefined && isFinal(trouble.problem) === isFinal(found.problem);
  const alone = trouble?.aloneSince === undefined ? {} : { aloneSince: trouble.aloneSince };
  const turned = isSameKind ? trouble.turned : trouble === undefined ? undefined : now;
  const row = { looks: isSameKind ? trouble.looks : 0, ...(turned === undefined ? {} : { turned }) };
  return { ...entry, trouble: { ...found, since: trouble?.since ?? now, ...row, ...alone } };
}

interface Change {
  readonly before: Entry;
  readonly after: Entry;
  readonly isListed: boolean;
}

function outcomeOf(finding: Finding, { before, after, isListed }: Change): Outcome {
  if (after.trouble !== undefined) {
    if (after.withdrawn !== undefined) return 'gone';
    if (isShown(after)) return 'kept';
    return after.trouble.problem === 'gone' && !isListed ? 'gone' : 'failed';
  }
  if (finding.kind === 'unchanged') return 'unchanged';
  if (finding.kind === 'redirect') return before.redirect?.to === finding.to ? 'unchanged' : 'captured';
  return 'captured';
}

interface Outlook {
  readonly finding: Finding;
  readonly entry: Entry;
}

function leadsOf({ records }: LookContext, { lane }: Wanted, { finding, entry }: Outlook): readonly Address[] {
  if (finding.kind === 'redirect') return finding.target === undefined ? [] : [finding.target];
  if (lane.config.crawl === undefined) return [];
  if (finding.kind === 'good') return finding.links;
  return finding.kind === 'unchanged' ? (entry.good?.links ?? []).map((number) => records.nameOf(number)) : [];
}
