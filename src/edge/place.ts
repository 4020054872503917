import { NOT_KEPT } from './decide.ts';
import { type EdgeFacts, type HoldingPage, refused } from './facts.ts';
import { assertHost, assertPattern } from './names.ts';
import { cookieNameSource } from './patterns.ts';

/** Where a server is, and how it is spoken to. */
export interface Upstream {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** The Host header it wants. */
  readonly says: string;
}

/** The origin. Throws `edge-refused` for a host that is none. */
export function originOf({ origin: { url, host } }: EdgeFacts): Upstream {
  const tls = url.protocol === 'https:';
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port);
  assertHost('origin.host', withoutPort(host));
  return { host: hostOf('origin.url', url.hostname), port, tls, says: host };
}

/** The inbox counts by itself, so this is far above what it takes a second. */
export const INBOX_CONNECTIONS = 256;

/** Who takes comments, under which cap: the inbox where there is one, else the origin. */
export function commentsOf(facts: EdgeFacts): {
  readonly to: Upstream;
  readonly cap: number;
  readonly isInbox: boolean;
} {
  const origin = originOf(facts);
  const { inbox, rules } = facts;
  if (inbox === undefined) return { to: origin, cap: rules.comments.connections, isInbox: false };
  const port = Number(inbox.slice(inbox.lastIndexOf(':') + 1));
  const to = { host: hostOf('inbox.listen', withoutPort(inbox)), port, tls: false, says: origin.says };
  return { to, cap: INBOX_CONNECTIONS, isInbox: true };
}

/** The web server that serves the mirror. */
export function filesOf(facts: EdgeFacts): Upstream {
  const { files } = facts.rules;
  const port = Number(files.slice(files.lastIndexOf(':') + 1));
  return { host: hostOf('edge.files', withoutPort(files)), port, tls: false, says: publicHost(facts) };
}

/** The host that visitors ask for, without its port. Throws `edge-refused` for one that a configuration cannot hold. */
export function publicHost({ site }: EdgeFacts): string {
  assertHost('site.url', site.hostname);
  return site.hostname;
}

/** The holding page for when the origin cannot answer, and the one for a comment that was not kept: the same where there is none of that name. */
export function failurePages({ rules, holding }: EdgeFacts): readonly [busy: HoldingPage, lost: HoldingPage] {
  const busy = holding.find(({ name }) => name === rules.holding);
  if (busy === undefined) throw refused('edge.holding', rules.holding, 'is the name of no holding page');
  return [busy, holding.find(({ name }) => name === NOT_KEPT) ?? busy];
}

/** The paths that comment forms post to, and those of `dynamic`, as a server's language has them; each is looked at first. Throws `edge-refused`. */
export function patternsOf({ rules }: EdgeFacts, write: (pattern: string) => string) {
  const written = (field: string, pattern: string): string => {
    assertPattern(field, pattern);
    return write(pattern);
  };
  return {
    comments: rules.comments.paths.map((path, index) => written(`edge.comments.paths[${index}]`, path)),
    dynamic: rules.dynamic.map(({ path }, index) => written(`edge.dynamic[${index}].path`, path)),
  };
}

/** What a Cookie header must hold for its sender to be logged in. */
export function loginSources({ rules }: EdgeFacts): readonly string[] {
  return rules.loginCookies.map((cookie) => `(?:^|;)\\s*${cookieNameSource(cookie)}=`);
}

/** True for an address, which no resolver need be asked about. */
export const isAddress = (host: string): boolean => /^[\d.]+$|:/.test(host);

/** `host:port` without its port. */
export const withoutPort = (host: string): string => host.replace(/:\d+$/, '');

function hostOf(field: string, host: string): string {
  assertHost(field, host);
  return host.replace(/^\[|\]$/g, '');
}
