import { placementOf } from '../config/placement.ts';
import type { Address } from '../model/address.ts';
import type { Graft } from '../render/graft/changes.ts';
import { layoutOf, lookAtComments } from '../snapshot/comments/look.ts';
import { viewThread } from '../snapshot/comments/threads.ts';
import type { LookContext } from '../snapshot/context.ts';
import type { Wish } from './cycle.ts';
import type { Report } from './report.ts';
import { PACKAGE_ROOT, type Workplace } from './workplace.ts';

/** Looks at the comments that are due, or at all; true where there is something new to publish. */
export async function lookAtThreads(
  place: Workplace,
  { context, wish, report }: { readonly context: LookContext; readonly wish: Wish; readonly report: Report },
  signal: AbortSignal,
): Promise<boolean> {
  if (place.config.comments.length === 0) return false;
  const { threads, elsewhere, root } = place;
  const which = { looks: wish.looks, only: wish.only };
  const news = await lookAtComments({ ...context, threads, elsewhere, root }, which, signal);
  report.comments.new += news.added;
  report.comments.edited += news.edited;
  report.comments.removed += news.removed;
  return news.added + news.edited + news.removed > 0;
}

/** What is grafted into captured pages. */
export async function graftsOf({
  config,
  root,
  threads,
}: Pick<Workplace, 'config' | 'root' | 'threads'>): Promise<ReadonlyMap<Address, Graft>> {
  const grafts = new Map<Address, Graft>();
  const wanted = config.comments.flatMap((entry) => {
    const placement = placementOf(entry);
    return placement === undefined ? [] : [{ entry, placement }];
  });
  if (wanted.length === 0) return grafts;
  const { openTemplates } = await import('../render/graft/template.ts');
  const templates = await openTemplates({ root, templates: config.compose.templates, fallback: PACKAGE_ROOT });
  for (const { entry, placement } of wanted) {
    const rules = { ...placement, timeZone: entry.timeZone, language: config.site.language };
    const thread = viewThread(threads, entry.page, layoutOf(entry));
    if (thread !== undefined) grafts.set(entry.page, { thread, rules, templates });
  }
  return grafts;
}

/** Where the thread of a page may go, by selector; undefined for one whose thread is not put into it, or is empty. */
export function threadPlaces({ config, threads }: Workplace): (page: Address) => string | undefined {
  const places = new Map(config.comments.map((entry) => [entry.page, placementOf(entry)]));
  return (page) => {
    const place = places.get(page);
    if (place === undefined || (threads.state(page)?.count ?? 0) === 0) return undefined;
    return place.before === undefined ? place.into : `${place.into}, ${place.before}`;
  };
}
