import { text } from 'node:stream/consumers';
import { type Address, addressOfFile } from '../model/address.ts';
import type { FileKind } from '../model/manifest.ts';
import { ORIGIN_STATE_PATH, parseOriginState } from '../model/origin-state.ts';
import type { ControlRecord } from '../publish/control.ts';
import { liveOf } from '../publish/live.ts';
import { adoptPages, forgetLooks, viewSnapshot, withdrawByHand } from '../snapshot/snapshot.ts';
import type { Leases } from './leases.ts';
import { composeAll } from './rendering.ts';
import type { Workplace } from './workplace.ts';

/** What the origin answered; assets follow from the pages. */
const CAPTURED: readonly FileKind[] = ['page', 'feed', 'redirect'];

/**
 * Learns from the destinations which pages are live and which were taken down by hand: on a new machine, on one whose state was lost,
 * and wherever another machine has published since this one did. What this one saw before that is older than what is live: each page stays
 * as it is live until it was looked at again.
 */
export async function adopt(place: Workplace, { held }: Leases, signal: AbortSignal): Promise<void> {
  const { records, holder } = place;
  const isNew = records.pages[Symbol.iterator]().next().done === true;
  const others = held.filter(({ state }) => isAnothers(state?.record, holder));
  const releases = others.map(({ destination, state }) => `${destination.name} ${state?.record.live}`).join(', ');
  // Once for each release of theirs: as long as it is live, what this machine has seen since is the newest there is.
  if (!isNew && (others.length === 0 || records.adopted === releases)) return;
  if (!isNew) forgetLooks(records);
  const lives = await Promise.all(held.map((one) => liveOf(one.manifests, one.state, signal)));
  const known = lives.filter(({ manifest }) => manifest !== undefined);
  if (known.length === 0) return;
  await adoptOriginState(place, held, signal);
  const at = place.clock.now();
  const pages = await composeAll(place, { snapshot: viewSnapshot(records, place.config), at }, signal);
  // One that has been taken down since is no page of the origin either, and stays for no look at it.
  const composed = new Set([...pages.map(({ path }) => addressOfFile(path)), ...(await place.composed.hidden(at))]);
  for (const { control, manifest } of known) {
    withdrawByHand(records, control?.record.withdrawn ?? [], false);
    const captured = (manifest?.files ?? [])
      .filter(({ kind }) => CAPTURED.includes(kind))
      .map(({ path }): Address => addressOfFile(path));
    adoptPages(
      records,
      captured.filter((address) => !composed.has(address)),
    );
  }
  records.adopted = releases;
}

/** How the origin is by the other machine's looks: this one says another thing only once it has seen it. */
async function adoptOriginState({ records }: Workplace, held: Leases['held'], signal: AbortSignal): Promise<void> {
  for (const { destination, state } of held) {
    if ((state?.record.live ?? null) === null) continue;
    const file = await destination.open(ORIGIN_STATE_PATH, signal);
    const said = file === undefined ? undefined : parseOriginState(await text(file));
    if (said === undefined) continue;
    records.origin = said;
    return;
  }
}

function isAnothers(record: ControlRecord | undefined, holder: string): boolean {
  return record !== undefined && record.live !== null && record.publisher !== holder;
}
