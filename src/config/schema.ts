import * as z from 'zod';
import { analytics } from './analytics.ts';
import { headers, purge } from './caches.ts';
import { comments, values } from './comments.ts';
import { mirror, rsync, s3 } from './destinations.ts';
import { edge } from './edge.ts';
import { anyHeaderName, doc, headerValue, httpUrl, name, pathGlob, sitePath, unique } from './fields.ts';
import { inbox } from './inbox.ts';
import { alerts, heartbeat, launch, run, schedule } from './run.ts';
import { timetable } from './timetable.ts';
import { bytes, duration } from './units.ts';

const hostName = z
  .string()
  .regex(/^[^\s/@?#]+$/, { error: 'is not a host name, such as www.example.org or 10.0.0.5:8080' })
  .meta({ type: 'host' });
const regex = z.string().refine(isRegex, { error: 'is not a regular expression' }).meta({ type: 'regular expression' });

/** Headers that the polite client sets itself; another value would break what it promises. */
const OWN_HEADERS =
  /^(accept|accept-encoding|connection|content-length|host|if-.*|range|te|transfer-encoding|user-agent)$/i;
const headerName = anyHeaderName
  .refine((header) => !OWN_HEADERS.test(header), {
    error: 'is a header that Holdfast sets itself (for Host see `origin.host`)',
  })
  .refine((header) => !/^cookie$/i.test(header), { error: 'is never sent: a cookie would make pages personal' });

const language = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/, { error: 'is not a language, such as en or pt-BR' })
  .meta({ type: 'language' });

const site = z.strictObject({
  name: doc(z.string().min(1), 'What the site is called, for templates and messages'),
  url: doc(httpUrl, 'The public address, where visitors see the release'),
  language: doc(language.default('en'), 'Language of composed pages (BCP 47)'),
});

/** A timer of Node's overflows at 24.8 days; nobody waits a day for a page. */
const LONGEST_WAIT = '1d';

const origin = z.strictObject({
  url: doc(httpUrl, 'The dynamic site to look at'),
  host: doc(hostName.optional(), "Host header to send, where the origin wants another than its address's own"),
  aliases: doc(z.array(hostName).default([]), 'Other host names of the same site; links to them count as its own'),
  headers: doc(
    z.record(headerName, headerValue).default({}),
    'Headers to send with each request; a credential as `env:NAME` or `file:PATH`, whole value',
  ),
  allowPrivate: doc(
    z.boolean().default(false),
    'Let the name in `url` resolve to a private address (an address written out there is allowed as it is)',
  ),
  requestsPerSecond: doc(z.number().min(0).default(5), 'Most requests a second; 0 for no limit'),
  concurrency: doc(z.int().min(1).max(64).default(2), 'Most requests at once'),
  deadline: doc(duration(LONGEST_WAIT).prefault('20s'), 'Longest time for one request, whole'),
  idle: doc(duration(LONGEST_WAIT).prefault('5s'), 'Longest silence within one request'),
  maxPage: doc(bytes().prefault('10MB'), 'Largest page, unpacked'),
  maxAsset: doc(bytes().prefault('100MB'), 'Largest asset, unpacked'),
});

const crawl = z.strictObject({
  from: doc(z.array(sitePath).min(1).default(['/']), 'Where the crawl starts'),
  depth: doc(z.int().min(1).max(1000).default(64), 'Most links from the start'),
});

const lane = z
  .strictObject({
    name: doc(name, 'What the lane is called in summaries'),
    every: doc(duration(), 'Interval between looks'),
    paths: doc(z.array(sitePath).optional(), 'Pages by path'),
    sitemap: doc(
      z
        .union([z.literal(true), sitePath], {
          error: 'is not a sitemap: write its path, or true to find it through robots.txt',
        })
        .meta({ type: 'path or true' })
        .optional(),
      'Pages of a sitemap or sitemap index, by path; `true` finds it through `robots.txt`',
    ),
    crawl: doc(crawl.optional(), 'Pages by following links from `from`, to `depth`'),
    exclude: doc(z.array(pathGlob).default([]), 'Paths to leave out (globs: `/tag/**`)'),
    limit: doc(
      z.int().min(1).default(5000),
      'Most pages; what is found beyond them is not looked at, and counted in a warning',
    ),
  })
  .refine((value) => value.paths !== undefined || value.sitemap !== undefined || value.crawl !== undefined, {
    error: 'has no pages: give it `paths`, `sitemap` or `crawl`',
  });

const assets = z.strictObject({
  every: doc(
    duration().prefault('1h'),
    'How often a known asset is looked at again; a new one, or a new `?ver=`, is at once',
  ),
  exclude: doc(z.array(pathGlob).default([]), 'Assets never captured; they stay links'),
});

const gate = z.strictObject({
  mustContain: doc(z.array(z.string().min(1)).default(['</html>']), 'Text each page must hold'),
  mustNotContain: doc(z.array(z.string().min(1)).default([]), 'Text no page may hold, beside the built-in phrases'),
  minBytes: doc(z.int().min(0).default(512), 'Smallest page, in bytes'),
  maxShrink: doc(z.number().min(0).max(1).default(0.5), 'Largest part of its text a page may lose between two looks'),
  maxKept: doc(duration().prefault('24h'), 'How long a page that alone fails stays live from its last good look'),
});

const normalizeRule = z.strictObject({
  match: doc(regex, 'Text that changes without meaning anything'),
  replace: doc(
    z.string().default(''),
    'What to put in its place before pages are compared; what is published stays as it was',
  ),
});

function isRegex(text: string): boolean {
  try {
    new RegExp(text, 'g');
    return true;
  } catch {
    return false;
  }
}

const compose = z.strictObject({
  templates: doc(z.string().min(1).default('templates'), 'Folder of layouts, relative to the configuration file'),
  content: doc(z.string().min(1).default('content'), 'Folder of composed pages, relative to the configuration file'),
});

const fields = z.strictObject({
  site,
  origin,
  lanes: doc(z.array(lane).min(1).superRefine(unique('lane')), 'Sets of pages with one interval each'),
  assets: assets.prefault({}),
  gate: gate.prefault({}),
  normalize: doc(z.array(normalizeRule).default([]), 'Volatile text to overlook when pages are compared'),
  compose: compose.prefault({}),
  analytics: doc(analytics, 'What counts the visitors; once on each HTML file'),
  destinations: doc(
    z
      .array(z.discriminatedUnion('use', [mirror, rsync, s3]))
      .min(1)
      .superRefine(unique('destination')),
    'Where releases go live',
  ),
  headers: doc(
    headers,
    'Headers of published files, where a destination serves any; the first match is laid over the defaults',
  ),
  comments: doc(
    comments,
    'Comments that are looked at by themselves and put into captured pages; also data of composed ones',
  ),
  values: doc(
    values,
    'What templates know as `values.<name>`, from a program or an address; computed beside the looks',
  ),
  purge: doc(
    purge,
    'Caches in front of the site, told what changed; an environment without them, or with others, says so itself',
  ),
  edge: edge.prefault({}),
  schedule: schedule.prefault({}),
  run: run.prefault({}),
  launch: launch.prefault({}),
  timetable: doc(
    timetable,
    'What is done at its second by `holdfast run`, and else by the next `publish`, up to a day late; each once',
  ),
  alerts: doc(alerts, 'Who is told of trouble by `holdfast run`: once when it begins, and once when it ends'),
  heartbeat: doc(
    heartbeat,
    'Address that is asked for (GET) after each cycle in which every destination succeeded; as `env:NAME` or `file:PATH` where it is a secret',
  ),
  inbox: doc(
    inbox.optional(),
    'Keeps comments while the origin is away; where it stands, `holdfast inbox` runs beside the edge',
  ),
  retain: doc(z.int().min(2).default(5), 'Releases kept beside the live one, to return to'),
  retainFor: doc(
    duration().prefault('48h'),
    'Releases younger than this are kept too, a hundred at most: the rest is thinned out evenly',
  ),
});

/** A cache that names a destination which is not there would never be told of anything. */
function namesDestinations(
  {
    destinations,
    purge,
  }: { destinations: readonly { name: string }[]; purge: readonly { to?: string[] | undefined }[] },
  context: z.RefinementCtx,
): void {
  const known = destinations.map((destination) => destination.name);
  for (const [index, { to = [] }] of purge.entries()) {
    for (const [place, target] of to.entries()) {
      if (known.includes(target)) continue;
      const path = ['purge', index, 'to', place];
      const message = `is not the name of a destination: there is ${known.join(', ')}`;
      context.addIssue({ code: 'custom', path, input: target, message });
    }
  }
}

/** The whole configuration, one doc line a field; `defineConfig` takes its input type. */
export const configSchema = fields.superRefine(namesDestinations);

/** Overlays by environment; what lies in one is checked when that environment is asked for. */
export const environmentsSchema = doc(
  z.record(name, z.looseObject({})).default({}),
  'Overlays, chosen by `--env`: objects merge, lists replace. Any but `production` is closed to search engines',
);

/** What a configuration file exports (before defaults). `environments` overlay the rest: objects merge, lists replace. */
export type HoldfastConfig = z.input<typeof configSchema> & {
  environments?: Record<string, DeepPartial<z.input<typeof configSchema>>>;
};

type DeepPartial<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]?: DeepPartial<T[K]> } : T;

/** A validated configuration, with defaults filled in; durations in milliseconds, sizes in bytes. */
export type Config = z.output<typeof configSchema>;
export type LaneConfig = Config['lanes'][number];
export type GateConfig = Config['gate'];
export type OriginConfig = Config['origin'];
export type AnalyticsConfig = Config['analytics'][number];
export type DestinationConfig = Config['destinations'][number];
export type HeaderRule = Config['headers'][number];
export type EdgeConfig = Config['edge'];
export type TimetableEntry = Config['timetable'][number];
export type InboxConfig = NonNullable<Config['inbox']>;
export type PurgeConfig = Config['purge'][number];
export type AlertConfig = Config['alerts'][number];
export type CommentsConfig = Config['comments'][number];
export type ValueConfig = Config['values'][number];
