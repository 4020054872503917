import { type Address, addressOfFile } from '../model/address.ts';
import type { FileKind } from '../model/manifest.ts';
import { type Live, readLive } from '../publish/live.ts';
import { adoptPages, viewSnapshot, withdrawByHand } from '../snapshot/snapshot.ts';
import { composeAll } from './rendering.ts';
import type { Workplace } from './workplace.ts';

/** What the origin answered; assets follow from the pages. */
const CAPTURED: readonly FileKind[] = ['page', 'feed', 'redirect'];

/**
 * On a new machine, or one whose state was lost: learns from the destinations which pages are live and which were taken down by
 * hand, so that none is dropped for not being known, and none kept that says it is gone.
 */
export async function adopt(place: Workplace, signal: AbortSignal): Promise<void> {
  const { records, destinations } = place;
  if (!records.pages[Symbol.iterator]().next().done) return;
  const found = await Promise.all(
    destinations.map((destination) => readLive(destination, signal).catch(() => undefined)),
  );
  const lives = found.filter((live): live is Live => live?.manifest !== undefined);
  if (lives.length === 0) return;
  const composed = new Set(
    (await composeAll(place, viewSnapshot(records, place.config), signal)).map(({ path }) => addressOfFile(path)),
  );
  for (const { control, manifest } of lives) {
    withdrawByHand(records, control?.record.withdrawn ?? [], false);
    const pages = (manifest?.files ?? [])
      .filter(({ kind }) => CAPTURED.includes(kind))
      .map(({ path }): Address => addressOfFile(path));
    adoptPages(
      records,
      pages.filter((address) => !composed.has(address)),
    );
  }
}
