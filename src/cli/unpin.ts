import { atEach, withLeases } from '../cycle/leases.ts';
import { assertDestination } from './destinations.ts';
import type { VerbIo } from './io.ts';

export interface UnpinFlags {
  readonly to?: string;
}

/** `holdfast unpin`: lets the next publish go live again where `rollback` had stopped that. */
export async function unpinVerb(io: VerbIo, { to }: UnpinFlags): Promise<number> {
  const loaded = await io.load();
  assertDestination(to, loaded.config.destinations);
  const unpinned = await withLeases(
    loaded,
    {
      to,
      work: (all) =>
        atEach(all, async ({ destination, lease, state }) => {
          const pinned = state?.record.pinned ?? null;
          if (pinned !== null) await lease?.move((record) => ({ ...record, pinned: null }));
          return { destination: destination.name, pinned };
        }),
    },
    io.signal,
  );
  if (io.json) io.print(JSON.stringify({ destinations: unpinned }));
  else
    for (const { destination, pinned } of unpinned)
      io.print(
        `${destination}: ${pinned === null ? 'was not pinned' : `no longer pinned to ${pinned}: the next publish goes live`}`,
      );
  return 0;
}
