import type { Light } from './art.ts';
import { remark } from './chatter.ts';

/** A post or page of the journal. Times are ms since the epoch. */
export interface Post {
  readonly id: number;
  readonly type: 'post' | 'page';
  readonly slug: string;
  readonly date: number;
  readonly author: string;
  readonly light: Light;
  title: string;
  text: string;
  excerpt: string;
  category?: string;
  tags: readonly string[];
  modified: number;
  status: 'publish' | 'draft' | 'private';
  password?: string;
  commentsOpen: boolean;
}

/** A comment as stored: its text is what the reader typed. */
export interface Comment {
  readonly id: number;
  readonly post: number;
  readonly parent: number;
  readonly author: string;
  readonly email: string;
  readonly url: string;
  readonly text: string;
  readonly date: number;
}

/** What a new post needs; the rest has a plain default. */
export type NewPost = { title: string; text: string } & Partial<Omit<Post, 'id' | 'modified'>>;
/** What a new comment needs; the rest has a plain default. */
export type NewComment = Partial<Omit<Comment, 'id' | 'post'>>;

/** All that the demo holds, in memory. */
export interface Journal {
  /** What anybody may see, newest first; pages come after posts. */
  visible(type?: Post['type']): Post[];
  /** Any post by its number or its path, whatever its status. */
  byId(id: number): Post | undefined;
  byPath(path: string): Post | undefined;
  add(post: NewPost): Post;
  remove(id: number): void;
  /** Comments of a post, oldest first. */
  commentsOf(id: number): readonly Comment[];
  /** Every comment on posts that anybody may see, oldest first. */
  comments(): Comment[];
  comment(id: number, comment: NewComment): Comment;
}

/** Slug of the post that everybody comes for. */
export const ANNOUNCEMENT = 'come-and-count-with-us';
/** Where WordPress would begin to count, after its own pages. */
const FIRST_ID = 11;
const FIRST_COMMENT_ID = 101;

/** An empty journal; `now` tells the time of what is added without a date. */
export function createJournal(now: () => number): Journal {
  const posts = new Map<number, Post>();
  const comments = new Map<number, Comment[]>();
  let [nextId, nextComment] = [FIRST_ID, FIRST_COMMENT_ID];
  const visible = (type?: Post['type']) =>
    [...posts.values()].filter((post) => post.status === 'publish' && (!type || post.type === type)).sort(newestFirst);
  return {
    visible,
    byId: (id) => posts.get(id),
    byPath: (path) => [...posts.values()].find((post) => pathOf(post) === path),
    add(fields) {
      const post = complete(nextId++, fields, now());
      posts.set(post.id, post);
      comments.set(post.id, []);
      return post;
    },
    remove(id) {
      posts.delete(id);
      comments.delete(id);
    },
    commentsOf: (id) => comments.get(id) ?? [],
    comments: () =>
      visible()
        .flatMap((post) => (post.password === undefined ? (comments.get(post.id) ?? []) : []))
        .sort((a, b) => a.date - b.date || a.id - b.id),
    comment(id, fields) {
      const list = comments.get(id);
      if (!list) throw new Error(`the journal has no post ${id}`);
      const comment = { ...defaultsOf(nextComment), date: now(), ...fields, id: nextComment, post: id };
      nextComment += 1;
      list.push(comment);
      return comment;
    },
  };
}

/** The path of a post, in WordPress's form: percent-encoded in lower case. */
export function pathOf(post: Post): string {
  const slug = encodeURIComponent(post.slug).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  return post.type === 'page' ? `/${slug}/` : `/${dateParts(post.date).year}/${dateParts(post.date).month}/${slug}/`;
}

/** Year and month as they stand in a path: '2024', '03'. */
export function dateParts(date: number): { year: string; month: string } {
  const iso = new Date(date).toISOString();
  return { year: iso.slice(0, 4), month: iso.slice(5, 7) };
}

/** A name as it stands in a path: 'Weather and water' becomes 'weather-and-water'. */
export function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
}

function newestFirst(a: Post, b: Post): number {
  return Number(a.type === 'page') - Number(b.type === 'page') || b.date - a.date || b.id - a.id;
}

function complete(id: number, fields: NewPost, now: number): Post {
  const plain = {
    type: 'post',
    author: 'Maren Quill',
    light: 'noon',
    category: 'Field notes',
    tags: [],
    status: 'publish',
    commentsOpen: true,
  } as const;
  const date = fields.date ?? now;
  return {
    ...plain,
    slug: slugOf(fields.title),
    excerpt: fields.text.slice(0, 140),
    ...fields,
    id,
    date,
    modified: date,
  };
}

function defaultsOf(id: number): Omit<Comment, 'id' | 'post' | 'date'> {
  const { author, text } = remark(id);
  return { author, text, email: `reader${id}@example.test`, url: '', parent: 0 };
}
