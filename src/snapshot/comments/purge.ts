import type { CommentsConfig } from '../../config/schema.ts';
import { summarise } from './look.ts';
import type { Threads } from './threads.ts';

/** A comment that a person wants gone, or back. */
export interface CommentPurge {
  readonly id: string;
  /** The one page to look on; on all where it is undefined. */
  readonly page: string | undefined;
  /** True where the comment may come back, at the next look that finds it. */
  readonly isBack: boolean;
}

/**
 * Takes the words of a comment out of its thread, and the id down as one that never comes back while the source goes on listing it. Answers to
 * it stay. Nothing of it is left in the journals. The pages it stood on; none where no thread knows it.
 */
export async function purgeFromThreads(
  threads: Threads,
  entries: readonly CommentsConfig[],
  { id, page, isBack }: CommentPurge,
): Promise<readonly CommentsConfig[]> {
  const purged: CommentsConfig[] = [];
  for (const entry of entries) {
    const before = threads.state(entry.page);
    if (before === undefined || (page !== undefined && page !== entry.page)) continue;
    const comments = await threads.comments(entry.page);
    const state = threads.state(entry.page) ?? before;
    const stored = comments.get(id);
    const isPurged = state.purged.includes(id);
    if (isBack ? !isPurged : stored?.comment === undefined && !isPurged) continue;
    // An unknown version is what the next look that reads all of the list takes for an edit.
    if (stored !== undefined) comments.set(id, { version: isBack ? '' : stored.version });
    const others = state.purged.filter((other) => other !== id);
    const { syncedAt: _again, cursor: _seen, ...rest } = state;
    const kept = isBack ? rest : state;
    threads.set(entry.page, { ...kept, ...summarise(comments, entry), purged: isBack ? others : [...others, id] });
    purged.push(entry);
  }
  await threads.flush('anew');
  return purged;
}
