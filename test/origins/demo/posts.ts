import { readdirSync, readFileSync } from 'node:fs';
import { LIGHTS, type Light, randomFrom } from './art.ts';
import { answer, praise, remark } from './chatter.ts';
import { ANNOUNCEMENT, type Journal, type NewPost, type Post } from './journal.ts';

const FOLDER = new URL('./posts/', import.meta.url);
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Made-up posts are older than the written ones, one a day back from here. */
const LOGS_END = Date.UTC(2023, 11, 31, 7);
/** Comments that stand under the announcement from the start. */
const EARLY_COMMENTS = 26;
/** At most so many under any other post. */
const FEW_COMMENTS = 6;

const OBSERVATIONS = [
  'The water was out by the second cane when we came down, and the wind was going round to the north.',
  'Two turnstones worked along the weed, turning it like people looking for a dropped key.',
  'The Font was full to the brim and perfectly clear, with one shrimp in it that saw us first.',
  'We found the iron ring again, which the sand had kept since the autumn.',
  'All the beadlets on the north ledge were shut, though the rock was still wet.',
  'A mullet went up the gully as far as the bend, waited, and came back with some dignity.',
  'There was foam in the corner of the slip, as thick as the head on a stout, and a glove in it.',
  'Square after square of mussels, each the size of a thumbnail, all facing the same way.',
  'The seal put its head up, looked at each of us in turn, and went back to its work.',
  'It rained on the sea and not on the beach, and we stood and watched the edge of it.',
  'A crab had moved into the neck of a bottle and could not be talked out of it.',
  'The light came in under the cloud for four minutes, and everything had a shadow twice its length.',
] as const;

/** Fills a journal with the written posts, `count` in all with made-up ones after them, and their first comments. */
export function fillJournal(journal: Journal, count: number | undefined): void {
  const written = writtenPosts();
  const pages = written.filter((post) => post.type === 'page').map((post) => journal.add(post));
  const posts = written.filter((post) => post.type !== 'page').slice(0, count);
  for (let n = posts.length; n < (count ?? 0); n += 1) posts.push(tideLog(n - written.length + pages.length + 1));
  for (const post of posts) journal.add(post);
  let said = 0;
  for (const post of journal.visible()) {
    const many = post.slug === ANNOUNCEMENT ? EARLY_COMMENTS : post.id % (FEW_COMMENTS + 1);
    if (!post.commentsOpen) continue;
    said = discuss(journal, post, many, said);
  }
}

function discuss(journal: Journal, post: Post, many: number, from: number): number {
  const random = randomFrom(post.id);
  for (let n = 0; n < many; n += 1) {
    const earlier = journal.commentsOf(post.id);
    const answered = random() < 0.4 ? earlier[Math.floor(random() * earlier.length)] : undefined;
    const { author, text } = answered ? answer(from + n) : post.slug === ANNOUNCEMENT ? remark(n) : praise(from + n);
    journal.comment(post.id, { author, text, parent: answered?.id ?? 0, date: post.date + (n + 1) * 5 * HOUR_MS });
  }
  return from + many;
}

/** The posts that lie beside this file: lines of `name: value`, an empty line, and the text. */
function writtenPosts(): NewPost[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));
  return files.sort().map((name) => readPost(readFileSync(new URL(name, FOLDER), 'utf8')));
}

function readPost(source: string): NewPost {
  const end = source.indexOf('\n\n');
  const lines = source.slice(0, end).split('\n');
  const fields = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const type = fields.get('type') === 'page' ? 'page' : 'post';
  const title = fields.get('title') ?? '';
  const optional = { slug: fields.get('slug'), category: fields.get('category') };
  return {
    type,
    title,
    text: source.slice(end).trim(),
    date: Date.parse(`${fields.get('date')}Z`),
    author: fields.get('author') ?? '',
    light: lightOf(fields.get('light')),
    excerpt: fields.get('excerpt') ?? '',
    tags: fields.get('tags')?.split(', ') ?? [],
    commentsOpen: fields.get('comments') !== 'closed',
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}

function tideLog(n: number): NewPost {
  const random = randomFrom(n);
  const lights = Object.keys(LIGHTS);
  const say = () => OBSERVATIONS[Math.floor(random() * OBSERVATIONS.length)] ?? '';
  const text = Array.from({ length: 4 }, () => `${say()} ${say()} ${say()}`).join('\n\n');
  return {
    title: `Tide log ${n}`,
    text,
    excerpt: say(),
    date: LOGS_END - n * DAY_MS,
    author: 'Oona Strand',
    light: lightOf(lights[n % lights.length]),
    tags: ['log'],
  };
}

function lightOf(name: string | undefined): Light {
  return Object.keys(LIGHTS).find((light): light is Light => light === name) ?? 'noon';
}
