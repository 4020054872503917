import { createHash } from 'node:crypto';
import { ANNOUNCEMENT, type Journal, type Post, pathOf, slugOf } from './journal.ts';

/** What every part of the demo needs to know. */
export interface Site {
  /** The demo's own address, without a slash at the end. */
  readonly home: string;
  readonly journal: Journal;
  /** ms since the epoch. */
  now(): number;
}

export const NAME = 'Tidemark';
export const TAGLINE = 'A journal of the shore between the tides';
/** The WordPress whose manners the demo has. */
export const GENERATOR = 'WordPress 6.1.9';
export const THEME = '/wp-content/themes/tidemark';
export const PER_PAGE = 6;

/** Sizes WordPress would have made of an upload: file suffix, width, height. */
export const SIZES = [
  ['480x300', 480, 300],
  ['960x600', 960, 600],
  ['1600x1000', 1600, 1000],
] as const;

/** WordPress's nonces change twice a day. */
const NONCE_MS = 12 * 3_600_000;

/** A list of posts with an address of its own: an archive by date, category or tag. */
export interface Listing {
  readonly title: string;
  readonly path: string;
  readonly posts: readonly Post[];
}

/** The post that everybody comes for, while it is there. */
export function announcementOf(site: Site): Post | undefined {
  return site.journal.visible('post').find((post) => post.slug === ANNOUNCEMENT);
}

/** Absolute address of a post, as it stands in every link. */
export function linkOf(site: Site, post: Post): string {
  return site.home + pathOf(post);
}

/** Address of a post's picture in one of the sizes. */
export function pictureOf(site: Site, post: Post, size: string): string {
  return `${site.home}/wp-content/uploads/tide-${post.light}-${post.id}-${size}.png`;
}

/** A number that a live form would carry; it changes as time goes by, not as content does. */
export function nonceOf(site: Site, action: string): string {
  const tick = Math.floor(site.now() / NONCE_MS);
  return createHash('sha256').update(`${tick} ${action}`).digest('hex').slice(0, 10);
}

/** A date as readers see it: '3 March 2025'. */
export function longDate(date: number): string {
  return new Date(date).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
}

/** Categories with their posts, by name. */
export function categoriesOf(site: Site): Listing[] {
  const posts = site.journal.visible('post');
  const names = [...new Set(posts.flatMap((post) => post.category ?? []))].sort();
  return names.map((name) => ({
    title: name,
    path: `/category/${slugOf(name)}/`,
    posts: posts.filter((post) => post.category === name),
  }));
}

/** Tags with their posts, by name. */
export function tagsOf(site: Site): Listing[] {
  const posts = site.journal.visible('post');
  const names = [...new Set(posts.flatMap((post) => post.tags))].sort();
  return names.map((name) => ({
    title: name,
    path: `/tag/${slugOf(name)}/`,
    posts: posts.filter((post) => post.tags.includes(name)),
  }));
}

/** Years and months with their posts, newest first: paths '/2025/' and '/2025/03/'. */
export function datesOf(site: Site): Listing[] {
  const posts = site.journal.visible('post');
  const monthOf = (post: Post) => pathOf(post).slice(0, '/2025/03/'.length);
  const paths = new Set(posts.flatMap((post) => [monthOf(post).slice(0, '/2025/'.length), monthOf(post)]));
  return [...paths]
    .sort()
    .reverse()
    .map((path) => ({ title: dateTitle(path), path, posts: posts.filter((post) => pathOf(post).startsWith(path)) }));
}

function dateTitle(path: string): string {
  const [, year = '', month] = path.split('/');
  if (!month) return year;
  return new Date(Date.UTC(Number(year), Number(month) - 1)).toLocaleDateString('en-GB', {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
}
