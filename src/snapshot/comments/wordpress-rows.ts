import type { CommentsConfig } from '../../config/schema.ts';
import type { Address } from '../../model/address.ts';
import type { Comment } from '../../model/comment.ts';
import { decodeEntities } from '../../model/entities.ts';
import { pick } from '../../model/json.ts';
import { locate, type Site } from '../../model/site.ts';
import { type Answered, type Ask, jsonOf } from './ask.ts';
import { commentsFrom, failed } from './whole.ts';

/** A part of a post's list, newest first. */
export interface Rows {
  readonly comments: readonly Comment[];
  /** Of the first one, from the newest. */
  readonly offset: number;
  /** True where nothing older follows. */
  readonly isLast: boolean;
  /** How many the post has in all, as the same answer says. */
  readonly total: number;
}

/** WordPress's interface, for one page of the site. */
export interface Listing {
  /** The number of the page's post. Throws `comments-failed` where it cannot be found. */
  findPost(signal: AbortSignal): Promise<number>;
  rows(part: Part, signal: AbortSignal): Promise<Rows>;
}

/** What is asked for of a post's list. */
export interface Part {
  readonly post: number;
  /** How many newer ones are left out. */
  readonly offset: number;
  /** At most; `MOST_ROWS` where it is left out. */
  readonly limit?: number;
}

export interface ListingOptions {
  readonly config: Extract<CommentsConfig, { from: 'wordpress' }>;
  readonly ask: Ask;
  readonly site: Site;
  /** The query by which the captured page calls itself, `p=211`. */
  readonly shortlink: () => string | undefined;
}

/** The most that WordPress gives at once. */
export const MOST_ROWS = 100;
/** All that is ever asked for. Parts of `content` cannot be named: WordPress 6.1 then leaves it out. */
const FIELDS = 'id,post,parent,author_name,author_url,date_gmt,content,status';

export function createListing({ config, ask, site, shortlink }: ListingOptions): Listing {
  const rest = config.rest.replace(/\/$/, '');
  return {
    async findPost(signal) {
      const [, written] = /^(?:p|page_id)=(\d+)$/.exec(shortlink() ?? '') ?? [];
      const post = config.post ?? (written === undefined ? undefined : Number(written));
      return post ?? (await findByName({ rest, ask, site, page: config.page }, signal));
    },
    async rows({ post, offset, limit = MOST_ROWS }, signal) {
      const query = `post=${post}&per_page=${limit}&order=desc&orderby=id${offset === 0 ? '' : `&offset=${offset}`}`;
      const url = `${rest}/wp/v2/comments?${query}&_fields=${FIELDS}`;
      const answer = await ask(url, 'json', signal);
      const rows = listOf(answer, url);
      const total = Number(answer.headers.get('x-wp-total') ?? Number.NaN);
      if (!Number.isSafeInteger(total)) throw failed(`${url} does not say how many comments there are`);
      const raws = rows.map((row) => rawOf(row, post));
      const comments = [...commentsFrom(raws, 'wordpress')];
      return { comments, offset, isLast: rows.length < limit, total };
    },
  };
}

interface Named {
  readonly rest: string;
  readonly ask: Ask;
  readonly site: Site;
  readonly page: Address;
}

/** Posts first, pages after them; a name may stand on both, so the link decides. */
async function findByName({ rest, ask, site, page }: Named, signal: AbortSignal): Promise<number> {
  const name = page.split('/').findLast((part) => part !== '') ?? '';
  for (const kind of ['posts', 'pages']) {
    const url = `${rest}/wp/v2/${kind}?slug=${name}&_fields=id,link`;
    for (const row of listOf(await ask(url, 'json', signal), url)) {
      const link = pick(row, 'link');
      const id = pick(row, 'id');
      const isPage = typeof link === 'string' && locate(site, link, page)?.address === page;
      if (isPage && typeof id === 'number') return id;
    }
  }
  throw failed(`wordpress: no post is found at ${page}; write its number as \`post\``);
}

function listOf(answer: Answered, url: string): readonly unknown[] {
  const list = jsonOf(answer, url);
  if (Array.isArray(list)) return list;
  throw failed(`${url} did not answer with a list`);
}

function rawOf(row: unknown, post: number) {
  const status = pick(row, 'status');
  if (status !== undefined && status !== 'approved')
    throw failed(`wordpress: a comment with the status ${JSON.stringify(status)} is shown: none of it is taken`);
  if (pick(row, 'post') !== post) throw failed(`wordpress: a comment of another post than ${post} is listed`);
  return {
    id: pick(row, 'id'),
    parent: pick(row, 'parent'),
    author: decoded(pick(row, 'author_name')),
    url: pick(row, 'author_url'),
    date: pick(row, 'date_gmt'),
    html: pick(row, 'content.rendered'),
  };
}

/** WordPress stores names with their ampersands and brackets encoded, and gives them so. */
const decoded = (name: unknown): unknown => (typeof name === 'string' ? decodeEntities(name) : name);
