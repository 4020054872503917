import { openInboxPages } from '../cycle/inbox-pages.ts';
import { siteOf } from '../cycle/workplace.ts';
import { startInbox } from '../inbox/open.ts';
import type { Event } from '../inbox/service.ts';
import { systemClock } from '../model/clock.ts';
import type { VerbIo } from './io.ts';

/**
 * `holdfast inbox`: takes comments behind the edge until it is told to end, and then answers what is under way. It reads no credential. One line
 * of JSON a submission goes to standard error.
 */
export async function inboxVerb(io: VerbIo): Promise<number> {
  const loaded = await io.load([]);
  const counts: Record<Event['event'], number> = { handed: 0, kept: 0, refused: 0, broken: 0 };
  const log = (event: Event) => {
    counts[event.event] += 1;
    io.note(JSON.stringify({ at: new Date().toISOString(), ...event }));
  };
  const pages = await openInboxPages(loaded, io);
  const service = await startInbox({ loaded, site: siteOf(loaded), pages, clock: systemClock, log });
  const sealed =
    loaded.config.inbox?.recipient === undefined ? 'as they are: inbox.recipient would seal them' : 'sealed';
  io.note(`inbox: listens on port ${service.port}; submissions are kept ${sealed}`);
  await ended(io.signal);
  await service.drain();
  const { handed, kept, refused, broken } = counts;
  io.print(
    io.json
      ? JSON.stringify(counts)
      : `inbox: ${handed} handed to the origin, ${kept} kept, ${refused} refused, ${broken} broken off`,
  );
  return 0;
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
