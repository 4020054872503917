import type { Address } from '../model/address.ts';
import type { Entry } from '../model/snapshot.ts';
import { captureNewAssets } from './assets.ts';
import type { LookContext } from './context.ts';
import type { Wanted } from './finding.ts';
import { repeatedBodies } from './gate/repeated.ts';
import { lookAtPage } from './look.ts';
import { drain } from './parallel.ts';
import { isTakenDown } from './snapshot.ts';

export interface Together {
  /** The next page, or undefined while there is none. */
  take(): Wanted | undefined;
  /** Told what a page leads to. */
  lead(from: Address, to: readonly Address[]): void;
}

/**
 * Looks at pages, then at the assets they need; what cannot be shown as it came goes back to what it was. However it ends, what
 * was looked at by then is on disk. Throws `origin-away`, `origin-private` and the signal's reason.
 */
export async function lookTogether(context: LookContext, { take, lead }: Together, signal: AbortSignal): Promise<void> {
  const changed = new Map<Address, Entry>();
  try {
    await drain(take, context.config.origin.concurrency, async (wanted, onAnswered) => {
      const { before, leads } = await lookAtPage(context, { ...wanted, onAnswered }, signal);
      if (before !== undefined) changed.set(wanted.address, before);
      lead(wanted.address, leads);
    });
    await captureNewAssets(context, signal);
  } finally {
    keepRepeated(context, changed);
    keepWithoutAssets(context, changed);
    await context.records.flush();
  }
}

/** One same body on many addresses is an error page that says 200: those that just changed to it keep what they had. */
function keepRepeated(context: LookContext, changed: ReadonlyMap<Address, Entry>): void {
  if (changed.size === 0) return;
  const bodies = { [Symbol.iterator]: () => bodiesIn(context) };
  for (const address of repeatedBodies(bodies)) {
    const before = changed.get(address);
    if (before !== undefined)
      goBack(context, { address, before, problem: 'repeated', text: 'many addresses answered with this one body' });
  }
}

function* bodiesIn({ records }: LookContext): Generator<{ address: Address; same: string }> {
  for (const [address, { good }] of records.pages) if (good !== undefined) yield { address, same: good.same };
}

/** A page whose new capture refers to an asset that failed stays as it was, unless it never was, or has insisted for long. */
function keepWithoutAssets(context: LookContext, changed: ReadonlyMap<Address, Entry>): void {
  const { pages, assets, nameOf } = context.records;
  for (const [address, before] of changed) {
    const good = pages.get(address)?.good;
    if (before.good === undefined || before.insists === true || good === undefined) continue;
    const lacking = good.assets.map(nameOf).find((asset) => {
      const entry = assets.get(asset);
      return entry?.good === undefined && entry?.trouble?.problem !== 'gone' && !isTakenDown(context.records, asset);
    });
    if (lacking !== undefined)
      goBack(context, { address, before, problem: 'asset', text: `refers to ${lacking}, which could not be fetched` });
  }
}

interface Return {
  readonly address: Address;
  readonly before: Entry;
  readonly problem: 'repeated' | 'asset';
  readonly text: string;
}

function goBack({ records, clock, tally }: LookContext, { address, before, problem, text }: Return): void {
  const { trouble: known } = before;
  const alone = known?.aloneSince === undefined ? {} : { aloneSince: known.aloneSince };
  const trouble = { problem, text, since: known?.since ?? clock.now(), looks: 0, ...alone };
  records.pages.set(address, { ...before, trouble, lookedAt: clock.now() });
  tally.outcomes.set(address, before.good === undefined ? 'failed' : 'kept');
}
