import * as z from 'zod';
import { anyHeaderName, doc, headerValue, httpUrl, name, pathGlob, unique } from './fields.ts';

/** CloudFront's free invalidation paths a month. */
const FREE_PATHS = 1000;

/** A token is sent there, so it goes over TLS, or stays on this machine. */
const serviceUrl = z
  .string()
  .refine(isSafe, { error: 'is not an https address (http is for a server on this machine)' })
  .meta({ type: 'address' });

function isSafe(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  const isPlain = `${username}${password}${search}${hash}` === '';
  return isPlain && (protocol === 'https:' || (protocol === 'http:' && isLocal));
}

const token = z.string().min(1);
const count = z.int().min(1);

/** What every line of `purge` has, whatever it uses. */
const common = (use: string) => ({
  name: doc(name.default(use), 'What the cache is called in warnings and in `status`'),
  to: doc(z.array(name).min(1).optional(), 'Names of the destinations behind it; all where none is named'),
  twice: doc(
    z.boolean().default(false),
    'Purge once more a minute later: a cache that was fetching meanwhile may keep the old file',
  ),
});

const everything = doc(
  z.boolean().default(false),
  'Purge all of it where more changed than one purge takes; else the rest waits for later runs',
);
const budget = doc(count.optional(), 'Most paths a month, by UTC');

const cloudfront = z.strictObject({
  use: doc(z.literal('cloudfront'), 'CloudFront, by invalidations; credentials by the standard AWS chain'),
  ...common('cloudfront'),
  distribution: doc(
    z.string().regex(/^[A-Z0-9]{8,32}$/, { error: 'is not the id of a distribution, such as E2QWRUHEXAMPLE' }),
    "The distribution's id",
  ),
  budget: doc(count.default(FREE_PATHS), 'Most paths a month, by UTC; the default is what is free'),
  everything,
  endpoint: doc(serviceUrl.optional(), "Where its API is, where that is not AWS's own"),
});

const cloudflare = z.strictObject({
  use: doc(z.literal('cloudflare'), 'Cloudflare, by URL, and by prefix where too much changed'),
  ...common('cloudflare'),
  zone: doc(
    z.string().regex(/^[0-9a-f]{32}$/, { error: 'is not the id of a zone: 32 hexadecimal digits' }),
    "The zone's id",
  ),
  token: doc(token, 'A token that may purge this zone and nothing else, as `env:NAME` or `file:PATH`'),
  budget,
  everything,
  endpoint: doc(serviceUrl.default('https://api.cloudflare.com/client/v4'), 'Where its API is'),
});

const fastly = z.strictObject({
  use: doc(z.literal('fastly'), 'Fastly, by URL or by surrogate key'),
  ...common('fastly'),
  service: doc(z.string().regex(/^[0-9A-Za-z]{6,40}$/, { error: 'is not the id of a service' }), "The service's id"),
  token: doc(token, 'A token of the scope `purge_select`, as `env:NAME` or `file:PATH`'),
  soft: doc(z.boolean().default(true), 'Mark as stale instead of removing; purging everything by URL is never soft'),
  by: doc(
    z
      .enum(['url', 'key'], { error: 'is not known: there are "url", "key"' })
      .meta({ type: '"url" or "key"' })
      .default('url'),
    'By key needs `publish/cdn/fastly.vcl`, and takes every query and spelling of a page with it',
  ),
  budget,
  everything,
  endpoint: doc(serviceUrl.default('https://api.fastly.com'), 'Where its API is'),
});

/** Headers that belong to the connection, or that name the site. */
const OWN_HEADERS = /^(connection|content-length|expect|host|te|trailer|transfer-encoding|upgrade|x-ban-url)$/i;

const http = z
  .strictObject({
    use: doc(z.literal('http'), 'A cache that takes requests to purge, such as Varnish or nginx'),
    ...common('http'),
    url: doc(httpUrl, 'Where the cache listens; the Host header is that of `site.url`'),
    method: doc(
      z
        .enum(['PURGE', 'BAN'], { error: 'is not known: there are "PURGE", "BAN"' })
        .meta({ type: '"PURGE" or "BAN"' })
        .default('PURGE'),
      '`PURGE`, one request a path; `BAN`, patterns in `X-Ban-Url`, as a Varnish takes them that `holdfast edge varnish` configures',
    ),
    headers: doc(
      z
        .record(
          anyHeaderName.refine((header) => !OWN_HEADERS.test(header), {
            error: 'is a header that Holdfast sets itself',
          }),
          headerValue,
        )
        .default({}),
      'Headers to send with each request; a credential as `env:NAME` or `file:PATH`, whole value',
    ),
    budget,
    everything,
  })
  .refine(({ method, everything }) => method === 'BAN' || !everything, {
    error: 'cannot purge everything by PURGE: set `method` to BAN',
    path: ['everything'],
  });

/** Which caches are told of changes. */
export const purge = z
  .array(z.discriminatedUnion('use', [cloudfront, cloudflare, fastly, http]))
  .superRefine(unique('cache'))
  .default([]);

/** What a server or a store says of a file by itself; another value would break the file or leak between visitors. */
const OF_THE_FILE =
  /^(connection|content-(encoding|length|range|type)|date|etag|last-modified|location|set-cookie|transfer-encoding|vary)$/i;

const headerRule = z.strictObject({
  for: doc(pathGlob, 'Paths it is for (globs: `/downloads/**`)'),
  set: doc(
    z.record(
      anyHeaderName.refine((header) => !OF_THE_FILE.test(header), {
        error: 'is a header that follows from the file itself',
      }),
      headerValue,
    ),
    'Headers and values, over the default `cache-control`. A bucket has but it, `content-disposition`, `content-language`, `expires`',
  ),
});

/** Headers by path. */
export const headers = z.array(headerRule).default([]);
