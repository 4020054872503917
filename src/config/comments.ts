import * as z from 'zod';
import { anyHeaderName, doc, headerValue, sitePath } from './fields.ts';
import { bytes, duration } from './units.ts';

/** Queries by which WordPress shows a comment that waits for moderation to its author, or a page that is not public yet. */
const NOT_PUBLIC = /[?&](?:unapproved|moderation-hash|preview(?:_id|_nonce)?)(?:=|&|$)/i;

const sourceUrl = z
  .string()
  .refine(isSourceUrl, {
    error: 'is neither a path of the origin (/feed/) nor an http(s) address without a password',
  })
  .refine((url) => !NOT_PUBLIC.test(url), { error: 'asks for what is not public' })
  .meta({ type: 'address or path' });

function isSourceUrl(text: string): boolean {
  if (/^\/(?!\/)[^#\s]*$/.test(text)) return true;
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '' && hash === '';
}

const headers = z.record(
  anyHeaderName.refine((header) => !/^(cookie|host|accept|connection|content-length|if-.*)$/i.test(header), {
    error: 'is a header that Holdfast sets itself, or never sends',
  }),
  headerValue,
);
const selector = z.string().min(1).max(500).meta({ type: 'CSS selector' });
const fieldPath = z.string().min(1).max(200).meta({ type: 'field path' });
const words = z.array(z.string().min(1)).min(1).meta({ type: 'list of words' });

const timeZone = z
  .string()
  .refine(isTimeZone, { error: 'is not a time zone, such as Europe/Berlin or UTC' })
  .meta({ type: 'time zone' });

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Longest a program may be at work on comments: the cycle waits for it. */
const LONGEST_COMMAND = '10m';
/** Longest a value may be computed, beside the cycles. */
const LONGEST_VALUE = '1d';

const HEADERS_DOC = 'Headers to send to another host than the origin; a credential as `env:NAME` or `file:PATH`';

/** What every entry of `comments` says of the page; each source's own fields stand before them. */
const shared = {
  page: doc(sitePath, 'The page whose comments these are'),
  every: doc(duration().prefault('1m'), 'Interval between looks at the comments'),
  into: doc(
    selector.optional(),
    "Element of the captured page that the thread goes into; `wordpress` has its themes' by default, others leave the page alone without",
  ),
  before: doc(
    selector.optional(),
    'Element that the thread goes before where `into` is not there: pages without comments have no list; `wordpress`: `#respond`',
  ),
  counts: doc(
    selector.optional(),
    "Elements whose number says how many comments there are; `wordpress` has its themes' by default",
  ),
  order: doc(
    z.enum(['oldest', 'newest']).meta({ type: '"oldest" or "newest"' }).default('oldest'),
    'Which conversations come first',
  ),
  perPage: doc(
    z.int().min(1).max(10_000).optional(),
    'Conversations on a page; further ones are at `comment-page-2/` below the page. All on one by default',
  ),
  depth: doc(z.int().min(1).max(50).default(5), 'Levels of answers that are set in'),
  timeZone: doc(timeZone.default('UTC'), 'Time zone of the dates'),
  newest: doc(z.int().min(0).max(100).default(10), 'Newest comments that composed pages know of'),
};

const resync = doc(
  duration().prefault('1h'),
  'How often all are looked at again: finds what was edited among the older ones',
);

/** `comments`, each by its `from`. */
const wordpress = z.strictObject({
  from: doc(z.literal('wordpress'), "WordPress's own interface; one request a look"),
  post: doc(
    z.int().min(1).optional(),
    'Number of the post; by default found through the page itself, or its name, and remembered',
  ),
  rest: doc(sitePath.default('/wp-json'), 'Path of the interface'),
  resync,
  ...shared,
});

const feed = z.strictObject({
  from: doc(z.literal('feed'), 'An RSS or Atom feed of comments: adds and edits, as far back as it reaches'),
  url: doc(sourceUrl, 'The feed'),
  headers: doc(headers.default({}), HEADERS_DOC),
  ...shared,
});

const discourse = z.strictObject({
  from: doc(z.literal('discourse'), 'A topic of a Discourse forum; its first post is left out'),
  url: doc(sourceUrl, 'The topic, as in https://forum.example.org/t/launch/12'),
  headers: doc(headers.default({}), HEADERS_DOC),
  resync,
  ...shared,
});

const html = z.strictObject({
  from: doc(z.literal('html'), 'Any page that shows comments, read by selectors'),
  url: doc(sourceUrl, 'The page'),
  headers: doc(headers.default({}), HEADERS_DOC),
  select: z.strictObject({
    comment: doc(selector, 'Each comment; the other selectors look within it'),
    id: doc(
      selector.optional(),
      'What holds the number in its `id`, `name` or `href`; the comment itself by default. The last number counts',
    ),
    author: doc(selector, 'The name'),
    url: doc(selector.optional(), "A link to the author's site"),
    date: doc(selector, 'The time, best a `<time datetime>`; else its text'),
    text: doc(selector, 'The words'),
  }),
  ...shared,
});

const json = z.strictObject({
  from: doc(z.literal('json'), 'Any JSON that lists all comments'),
  url: doc(sourceUrl, 'Where it is'),
  headers: doc(headers.default({}), HEADERS_DOC),
  list: doc(fieldPath.optional(), 'Where in it the list is (`thread.posts`); the whole by default'),
  fields: doc(
    z.strictObject({
      id: doc(fieldPath.default('id'), 'The number or name'),
      parent: doc(fieldPath.default('parent'), 'The comment it answers'),
      author: doc(fieldPath.default('author'), 'The name'),
      url: doc(fieldPath.default('url'), "The author's site"),
      date: doc(fieldPath.default('date'), 'ISO 8601, or seconds since 1970'),
      html: doc(fieldPath.default('html'), 'The words, as HTML'),
    }),
    'Where in each comment its parts are',
  ).prefault({}),
  ...shared,
});

const command = z.strictObject({
  from: doc(
    z.literal('command'),
    'The output of a program: a JSON list of all comments (id, parent, author, url, date, html)',
  ),
  run: doc(words, 'The program and its arguments, without a shell, in the folder of the configuration'),
  deadline: doc(duration(LONGEST_COMMAND).prefault('30s'), 'Longest time for it'),
  maxOutput: doc(bytes().prefault('50MB'), 'Longest output'),
  ...shared,
});

/** The list; two entries may not share a page. */
export const comments = z
  .array(z.discriminatedUnion('from', [wordpress, feed, discourse, html, json, command]))
  .superRefine((entries, context) => {
    entries.forEach(({ page }, index) => {
      if (!entries.slice(0, index).some((other) => other.page === page)) return;
      const message = 'is the page of another entry too';
      context.addIssue({ code: 'custom', path: [index, 'page'], input: page, message });
    });
  })
  .default([]);

const valueName = z
  .string()
  .regex(/^[A-Za-z_]\w{0,39}$/, { error: 'is not a name: letters, digits and _, and no digit first' })
  .meta({ type: 'name' });

const value = {
  name: doc(valueName, 'Templates know it as `values.<name>`'),
  every: doc(duration(), 'Interval between its computations'),
  deadline: doc(duration(LONGEST_VALUE).prefault('60s'), 'Longest time for one; no cycle waits for it'),
  maxOutput: doc(bytes().prefault('1MB'), 'Longest answer'),
};

const jsonValue = z.strictObject({
  from: doc(z.literal('json'), 'JSON at an address'),
  url: doc(sourceUrl, 'Where it is'),
  headers: doc(headers.default({}), HEADERS_DOC),
  pick: doc(fieldPath.optional(), 'The part of it that is the value; the whole by default'),
  ...value,
});

const commandValue = z.strictObject({
  from: doc(z.literal('command'), 'The output of a program, which is JSON'),
  run: doc(words, 'The program and its arguments, without a shell, in the folder of the configuration'),
  ...value,
});

/** `values`, each by its `from`. */
export const values = z
  .array(z.discriminatedUnion('from', [jsonValue, commandValue]))
  .superRefine((entries, context) => {
    entries.forEach(({ name }, index) => {
      if (!entries.slice(0, index).some((other) => other.name === name)) return;
      const message = 'is the name of another value too';
      context.addIssue({ code: 'custom', path: [index, 'name'], input: name, message });
    });
  })
  .default([]);
