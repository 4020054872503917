import type { Comment } from '../../model/comment.ts';
import type { Json } from '../../model/json.ts';

/** What is known of a thread when its source is asked. */
export interface Known {
  /** What the source wanted to remember; undefined when it is asked for the first time. */
  readonly cursor: Json | undefined;
  /** How many comments are known. */
  readonly size: number;
  /** The version (`commentHash`) of each by its id. It reads the thread from disk, so it is for news only. */
  versions(): Promise<ReadonlyMap<string, string>>;
}

/** What a source says is new. */
export type Changes =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'changed';
      /** New ones and edited ones, each once. */
      readonly upserts: readonly Comment[];
      /** Ids of those that are not shown any more. */
      readonly removed: readonly string[];
      readonly cursor: Json;
      /** True where there is more to ask for: then what is known is not the whole yet. */
      readonly more: boolean;
    };

/** What a source is asked. */
export interface Question {
  readonly known: Known;
  /** Look at every comment again, not only where something seems to have changed. */
  readonly resync: boolean;
  /** Somebody says that something has changed, as by the hook: edits are worth a larger answer then. */
  readonly isTold: boolean;
}

/**
 * Where the comments of one page come from. It gives approved comments only. What `changes` says is true and may be kept, whether or not
 * there is more; once there is no more, what is known is what the source shows. Asked again with nothing new it says `unchanged`, or changes
 * nothing. Where it cannot be read, or contradicts itself, it throws `comments-failed` or an error of the client's (`origin-…`),
 * and has changed nothing. One question takes a bounded number of requests.
 */
export interface CommentSource {
  /** For messages: `wordpress`. */
  readonly name: string;
  changes(question: Question, signal: AbortSignal): Promise<Changes>;
}
