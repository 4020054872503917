import type { LoadedConfig } from '../config/load.ts';
import type { CommentsConfig } from '../config/schema.ts';
import type { Address } from '../model/address.ts';
import type { Comment } from '../model/comment.ts';
import { paragraphsOf } from '../model/plain-text.ts';
import type { ComposeData, ShownComment } from '../render/compose.ts';
import { clockOf, timeOf } from '../render/graft/scion.ts';
import { openThreads, type Threads } from '../snapshot/comments/threads.ts';
import { valuesNow } from './values.ts';
import { stateFiles } from './workplace.ts';

/** What composed pages know besides the site and its hot pages. */
export type Said = Pick<ComposeData, 'comments' | 'values' | 'valuesSince'>;

/** The threads as a run left them, to be read only. */
export function threadsOf({ stateDir }: LoadedConfig): Promise<Threads> {
  const { threads, comments } = stateFiles(stateDir);
  return openThreads({ states: threads, comments });
}

/** Comments and values as they are known now. Nothing where none are configured, so that nothing is composed anew for them. */
export async function saidBeside(loaded: LoadedConfig, threads: Threads, signal: AbortSignal): Promise<Said> {
  const { config } = loaded;
  return {
    ...(config.comments.length === 0 ? {} : { comments: commentsSaid(loaded, threads) }),
    ...(config.values.length === 0 ? {} : await valuesSaid(loaded, signal)),
  };
}

function commentsSaid({ config }: LoadedConfig, threads: Threads): NonNullable<Said['comments']> {
  const { language } = config.site;
  const entries = config.comments.flatMap((entry) => {
    const state = threads.state(entry.page);
    if (state === undefined || !state.isWhole) return [];
    const shown = state.newest.map((comment) => shownComment(comment, entry, language));
    return [[entry.page, { count: state.count, newest: shown }] as const];
  });
  return Object.fromEntries(entries) as Record<Address, { count: number; newest: readonly ShownComment[] }>;
}

function shownComment({ id, author, url, date, html }: Comment, entry: CommentsConfig, language: string): ShownComment {
  const clock = clockOf({ language, timeZone: entry.timeZone });
  return {
    id,
    author,
    ...(url === undefined ? {} : { url }),
    date,
    shown: timeOf(date, clock).shown,
    paragraphs: paragraphsOf(html),
    href: `${entry.page}#comment-${id}`,
  };
}

async function valuesSaid(loaded: LoadedConfig, signal: AbortSignal): Promise<Pick<Said, 'values' | 'valuesSince'>> {
  const good = (await valuesNow(loaded, signal)).flatMap(({ name, answer }) =>
    answer?.good === undefined ? [] : [{ name, ...answer.good }],
  );
  return {
    values: Object.fromEntries(good.map(({ name, value }) => [name, value])),
    valuesSince: Object.fromEntries(good.map(({ name, since }) => [name, new Date(since).toISOString()])),
  };
}
