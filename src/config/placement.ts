import type { CommentsConfig } from './schema.ts';

/** Where in a page its thread goes, and where their number shows: CSS selectors. */
export interface Placement {
  readonly into: string;
  readonly before?: string;
  readonly counts?: string;
}

/** Where WordPress's own themes show comments, classic ones and those of blocks. */
const WORDPRESS: Placement = {
  into: '.comment-list, .wp-block-comment-template',
  before: '#respond',
  counts: '.comments-title, .wp-block-comments-title',
};

/** What an entry says itself, and for WordPress what it does not; undefined where nothing says where in the page the thread goes. */
export function placementOf({ from, into, before, counts }: CommentsConfig): Placement | undefined {
  const own: Partial<Placement> = {
    ...(from === 'wordpress' ? WORDPRESS : {}),
    ...(into === undefined ? {} : { into }),
    ...(before === undefined ? {} : { before }),
    ...(counts === undefined ? {} : { counts }),
  };
  return own.into === undefined ? undefined : { ...own, into: own.into };
}
