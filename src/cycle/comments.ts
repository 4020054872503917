import type { CommentsConfig } from '../config/schema.ts';
import type { Address } from '../model/address.ts';
import type { Graft } from '../render/graft/changes.ts';
import type { GraftRules } from '../render/graft/graft.ts';
import { layoutOf, lookAtComments } from '../snapshot/comments/look.ts';
import { viewThread } from '../snapshot/comments/threads.ts';
import type { LookContext } from '../snapshot/context.ts';
import type { Wish } from './cycle.ts';
import type { Report } from './report.ts';
import { PACKAGE_ROOT, type Workplace } from './workplace.ts';

/** Where WordPress's own themes show comments, classic ones and those of blocks. */
const WORDPRESS = {
  into: '.comment-list, .wp-block-comment-template',
  before: '#respond',
  counts: '.comments-title, .wp-block-comments-title',
};

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
  const wanted = config.comments.filter((entry) => rulesOf(entry, config.site.language) !== undefined);
  if (wanted.length === 0) return grafts;
  const { openTemplates } = await import('../render/graft/template.ts');
  const templates = await openTemplates({ root, templates: config.compose.templates, fallback: PACKAGE_ROOT });
  for (const entry of wanted) {
    const rules = rulesOf(entry, config.site.language);
    const thread = viewThread(threads, entry.page, layoutOf(entry));
    if (rules !== undefined && thread !== undefined) grafts.set(entry.page, { thread, rules, templates });
  }
  return grafts;
}

/** Undefined where nothing says where in the page the thread goes. */
function rulesOf(entry: CommentsConfig, language: string): GraftRules | undefined {
  const { into, before, counts }: Partial<typeof WORDPRESS> = {
    ...(entry.from === 'wordpress' ? WORDPRESS : {}),
    ...without(entry),
  };
  if (into === undefined) return undefined;
  const { timeZone } = entry;
  return {
    into,
    timeZone,
    language,
    ...(before === undefined ? {} : { before }),
    ...(counts === undefined ? {} : { counts }),
  };
}

/** What an entry says itself. */
function without({ into, before, counts }: CommentsConfig): Partial<typeof WORDPRESS> {
  return {
    ...(into === undefined ? {} : { into }),
    ...(before === undefined ? {} : { before }),
    ...(counts === undefined ? {} : { counts }),
  };
}
