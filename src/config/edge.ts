import * as z from 'zod';
import { doc, name } from './fields.ts';
import { duration } from './units.ts';

/** Web servers and balancers that `holdfast edge` writes a configuration for. */
export const EDGES = ['nginx', 'haproxy', 'varnish', 'caddy', 'alb', 'cloudfront'] as const;

/** Literal path characters of RFC 3986 and stars: each server's own language takes them, quoted, and no other sign of a glob. */
const edgePath = z
  .string()
  .regex(/^\/[\w\-.~!$&'()*+,;=:@%/]*$/, {
    error: 'is not a path pattern of an edge: it starts with /, with * within a part and ** for all below',
  })
  .meta({ type: 'path pattern' });

const connections = (most: number) => z.int().min(1).max(10_000).default(most);

const dynamic = z.strictObject({
  path: doc(edgePath, 'Paths that only the origin can answer, by any method; first match wins (`/forum/**`)'),
  query: doc(
    z
      .array(z.string().regex(/^[\w-]{1,40}$/, { error: 'is not the name of a query parameter' }))
      .min(1)
      .optional(),
    'Only where the query has one of these parameters, as `s` of a search',
  ),
  connections: doc(connections(4), 'Most connections to the origin for these paths'),
});

const comments = z.strictObject({
  paths: doc(z.array(edgePath).default(['/wp-comments-post.php']), 'Where comment forms post to'),
  connections: doc(connections(4), 'Most connections to the origin for comments'),
});

const limits = z.strictObject({
  connections: doc(z.int().min(1).default(64), 'Most connections from one address'),
  requestsPerSecond: doc(z.int().min(1).default(50), 'Most requests a second from one address'),
  burst: doc(z.int().min(0).default(200), 'Requests from one address that may come at once beyond that'),
});

const cookie = z
  .string()
  .regex(/^[\w.-]{1,80}\*?$/, { error: 'is not the name of a cookie, with * at its end for any ending' });

/** `host:port`, an IPv6 address in brackets. */
export const hostPort = z
  .string()
  .regex(/^(?:[\w.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}$/, { error: 'is not a host and port, such as 127.0.0.1:8080' })
  .meta({ type: 'host and port' });

/** The web server or balancer in front of the release. */
export const edge = z.strictObject({
  for: doc(z.array(z.enum(EDGES)).default([]), 'What stands in front; holding pages are held to the limits of each'),
  elsewhere: doc(
    z.enum(['404', 'origin']).default('404'),
    'What is in no release: `404` for the missing page, `origin` to ask it within `connections`',
  ),
  dynamic: doc(z.array(dynamic).default([]), 'Paths that may reach the origin, each with a cap of its own'),
  comments: comments.prefault({}),
  connections: doc(connections(8), 'Most connections to the origin for what is elsewhere and for who is logged in'),
  loginCookies: doc(
    z.array(cookie).default(['wordpress_logged_in_*']),
    'Cookies of who is logged in: their pages come from the origin; all other cookies are overlooked',
  ),
  deadline: doc(duration('1h').prefault('10s'), 'Longest silence of the origin before visitors get a holding page'),
  holding: doc(name.default('busy'), 'The holding page for when the origin cannot answer'),
  limits: limits.prefault({}),
  files: doc(
    hostPort.default('127.0.0.1:8080'),
    'Where the web server is that serves the mirror, for those in front that serve no files (HAProxy, Varnish)',
  ),
});
