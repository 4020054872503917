import { ENDING_PATH } from '../model/ending.ts';
import { REDIRECT_STATUSES } from '../model/manifest.ts';
import { ALWAYS, ASSET_ENDINGS, NOT_KEPT } from './decide.ts';
import { type EdgeFacts, type EdgeFiller, type EdgeName, folderOf, refused, textOf } from './facts.ts';
import { fill } from './fill.ts';
import { assertHost, assertPattern, POLICY } from './names.ts';
import { cookieNameSource, patternSource, querySource } from './patterns.ts';
import { INBOX_CONNECTIONS } from './place.ts';
import { told } from './redirects.ts';

const FILE = 'holdfast.conf';
const SERVER: EdgeName = 'nginx';

/** Longer names do not fit into nginx's table of names as it is by default (64 bytes a bucket); a pattern lies in none. */
const LONGEST_NAME = 40;

/** What an address that asks too much is, where the origin is asked: a status that no origin says. Visitors get 429. */
const BEYOND = 470;

/** One file: the maps and limits of `http {}`, then the servers. */
export const fillNginx: EdgeFiller = (facts, texts) => {
  const { rules, site, origin } = facts;
  const dir = folderOf(facts, SERVER);
  assertHost('site.url', site.hostname);
  assertHost('origin.url', origin.url.hostname);
  assertHost('origin.host', origin.host.replace(/:\d+$/, ''));
  const text = fill(textOf(texts, FILE), {
    site: site.origin,
    host: nameOf(site.hostname),
    publichost: site.host,
    scheme: site.protocol.slice(0, -1),
    originhost: origin.host,
    originurl: origin.url.origin,
    dir: path(dir, ''),
    root: path(dir, '/current'),
    flag: path(dir, '/_holdfast/hold/$holdfast_flag'),
    always: ALWAYS.source.replaceAll('\\/', '/'),
    ending: ENDING_PATH,
    assets: `\\.(?:${ASSET_ENDINGS.join('|')})$`,
    types: ['text/javascript mjs;', 'application/manifest+json webmanifest;'],
    rate: String(rules.limits.requestsPerSecond),
    connections: String(rules.limits.connections),
    burst: rules.limits.burst === 0 ? '' : ` burst=${rules.limits.burst}`,
    deadline: `${rules.deadline}ms`,
    policy: quoted(POLICY),
    holding: `holding_${rules.holding}`,
    elsewhere: rules.elsewhere === '404' || isBehind(facts) ? '=404' : '@elsewhere',
    trusted: trusted(facts),
    tls: tlsOf(facts),
    logins: rules.loginCookies.map((name) => `${quoted(`~(?:^|;) ?${cookieNameSource(name)}=`)} in;`),
    routes: routesOf(facts),
    redirectstold: told(facts.redirects),
    redirects: redirectLines(facts),
    markers: path(dir, '/current$holdfast_marker'),
    statuses: REDIRECT_STATUSES.flatMap((status) => [
      `if ($holdfast_leads = ${status}) {`,
      `\treturn ${status} $holdfast_to;`,
      '}',
    ]),
    upstreams: capsOf(facts).flatMap((cap) => upstreamOf(cap, origin.url)),
    origins: capsOf(facts).flatMap((cap) => originOf(cap, facts)),
    errorpages: [
      `error_page 429 ${pageOf(rules.holding)};`,
      `error_page 500 502 503 504 ${standIn(facts, rules.holding)};`,
    ],
    retries: facts.holding.flatMap(retriesOf),
    held: facts.holding.flatMap(({ name }) => [
      `if (-f ${path(dir, `/_holdfast/hold/${name}`)}) {`,
      `\tset $holdfast_held holding_${name};`,
      '}',
    ]),
    holdings: facts.holding.flatMap(({ name }) => [
      `location @holding_${name} {`,
      `\terror_page 404 ${standIn(facts, name)};`,
      '\treturn 404;',
      '}',
    ]),
  });
  return [{ path: FILE, text }];
};

/** True where HAProxy or Varnish stands in front: it asks the origin itself for what is absent here, and all visitors come from its address. */
function isBehind({ rules }: EdgeFacts): boolean {
  return rules.for.some((name) => name === 'haproxy' || name === 'varnish');
}

/** Who is believed about a visitor's address: else all of a balancer's visitors would share one address's limits. */
function trusted(facts: EdgeFacts): readonly string[] {
  if (!isBehind(facts)) return ['# set_real_ip_from 10.0.0.0/8;', '# real_ip_header X-Forwarded-For;'];
  const here = /^(?:127\.|localhost:|\[::1\])/.test(facts.rules.files);
  const from = here
    ? ['set_real_ip_from 127.0.0.1;', 'set_real_ip_from ::1;']
    : ['# To fill in: the address that HAProxy or Varnish comes from.', '# set_real_ip_from 10.0.0.0/8;'];
  return [...from, 'real_ip_header X-Forwarded-For;'];
}

/** Connections to the origin that are counted together, and what visitors get when there is none. */
interface Pool {
  readonly name: string;
  readonly connections: number;
  readonly otherwise: string;
  readonly about: string;
  /** The inbox's host and port, where it is not the origin that is asked. */
  readonly inbox?: string;
}

function capsOf({ rules, holding, inbox }: EdgeFacts): readonly Pool[] {
  const notKept = holding.some(({ name }) => name === NOT_KEPT) ? NOT_KEPT : rules.holding;
  const visitors = { connections: rules.connections, otherwise: rules.holding };
  return [
    inbox === undefined
      ? { name: 'comments', connections: rules.comments.connections, otherwise: notKept, about: 'comments' }
      : { name: 'inbox', inbox, connections: INBOX_CONNECTIONS, otherwise: notKept, about: 'comments, to the inbox' },
    ...rules.dynamic.map(({ path: pattern, connections }, index) => ({
      name: `dynamic${index}`,
      connections,
      otherwise: rules.holding,
      about: pattern,
    })),
    { ...visitors, name: 'visitors', about: 'who is logged in' },
    ...(rules.elsewhere === '404' ? [] : [{ ...visitors, name: 'elsewhere', about: 'what is in no release' }]),
  ];
}

/** `elsewhere` is asked under the visitors' cap. */
const upstreamName = (name: string): string => `holdfast_${name === 'elsewhere' ? 'visitors' : name}`;

function upstreamOf({ name, connections, about, inbox }: Pool, url: URL): readonly string[] {
  if (name === 'elsewhere') return [];
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return [
    `upstream ${upstreamName(name)} {`,
    `\t# ${about}`,
    `\tzone ${upstreamName(name)} 64k;`,
    `\tserver ${inbox ?? `${url.hostname}:${port}`} max_conns=${connections} max_fails=0;`,
    '}',
  ];
}

function originOf({ name, otherwise, about, inbox }: Pool, facts: EdgeFacts): readonly string[] {
  const isElsewhere = name === 'elsewhere';
  return [
    `location @${name} {`,
    `\t# ${about}`,
    // What the inbox says itself has the visitor's words in it, also where it has to say 429 or 503.
    ...(inbox === undefined ? [] : ['\tproxy_intercept_errors off;']),
    // The limits by address have a status of their own here: a 429 is what the origin says itself.
    `\tlimit_conn_status ${BEYOND};`,
    `\tlimit_req_status ${BEYOND};`,
    `\terror_page ${BEYOND} =429 ${pageOf(facts.rules.holding)};`,
    `\terror_page 502 503 504 ${standIn(facts, otherwise)};`,
    ...(isElsewhere
      ? ['\terror_page 418 = @absent;', '\tif ($holdfast_what = always) {', '\t\treturn 418;', '\t}']
      : []),
    '\tadd_header Cache-Control $holdfast_caching always;',
    `\tproxy_pass ${inbox === undefined ? facts.origin.url.protocol : 'http:'}//${upstreamName(name)};`,
    '}',
  ];
}

/** A holding page with its own status, as `error_page` takes it. */
function standIn({ holding }: EdgeFacts, name: string): string {
  const status = holding.find((one) => one.name === name)?.status ?? 503;
  return `=${status} ${pageOf(name)}`;
}

const pageOf = (name: string): string => `/_holdfast/holding/${name}.html`;

function retriesOf({ name, status, retryAfter }: EdgeFacts['holding'][number]): readonly string[] {
  if (retryAfter === null) return [];
  return [...new Set([status, 429])].map((each) => `"${each} ${pageOf(name)}" ${retryAfter};`);
}

function routesOf({ rules, inbox }: EdgeFacts): readonly string[] {
  const comments = rules.comments.paths.map((pattern, index) => {
    assertPattern(`edge.comments.paths[${index}]`, pattern);
    return `${quoted(`~^POST [^ ]+ [^ ]+ [^ ]* ${unanchored(patternSource(pattern))}`)} ${inbox === undefined ? 'comments' : 'inbox'};`;
  });
  const dynamic = rules.dynamic.map(({ path: pattern, query }, index) => {
    assertPattern(`edge.dynamic[${index}].path`, pattern);
    const args = query === undefined ? '[^ ]*' : unanchored(querySource(query)).slice(0, -1);
    return `${quoted(`~^[^ ]+ [^ ]+ [^ ]+ ${args} ${unanchored(patternSource(pattern))}`)} dynamic${index};`;
  });
  return [...comments, ...dynamic];
}

/** The end of a path that nginx's table of names has room for, where it is longer: whole signs, as the text's `holdfast_end` cuts them. */
const END = /[^\x80-\xbf][\s\S]{39,42}$/;

/**
 * By the end of the path, what it is held against. The table is blind to case and to how a path begins, so another path may find this one: the text compares the whole path
 * with where the marker lies. Of two that would have one entry the second stays a page.
 */
function redirectLines({ redirects }: EdgeFacts): readonly string[] {
  const lines = new Map<string, string>();
  for (const { paths, marker, to } of redirects.list)
    for (const asked of paths) {
      const bytes = Buffer.from(asked).toString('latin1');
      const end = Buffer.from(END.exec(bytes)?.[0] ?? bytes, 'latin1').toString();
      const key = end.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
      // A backslash before it: whatever it begins with means nothing.
      if (!lines.has(key)) lines.set(key, `${quoted(`\\${end}`)} "${marker}\\t${to}";`);
    }
  return [...lines.values()];
}

const unanchored = (source: string): string => source.slice(1);

function tlsOf({ origin }: EdgeFacts): readonly string[] {
  if (origin.url.protocol === 'http:') return [];
  return [
    'proxy_ssl_server_name on;',
    `proxy_ssl_name ${origin.host.replace(/:\d+$/, '')};`,
    'proxy_ssl_verify on;',
    'proxy_ssl_verify_depth 3;',
    'proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;',
  ];
}

function nameOf(host: string): string {
  return host.length <= LONGEST_NAME ? host : quoted(`~^${host.replaceAll('.', '\\.')}$`);
}

/** A path in quotation marks; `end` is ours, and may have variables. nginx reads variables in paths, and has no way to write a dollar sign. */
function path(dir: string, end: string): string {
  if (/[$\p{Cc}]/u.test(dir))
    throw refused('dir', dir, 'holds a dollar sign or a control character, which nginx cannot have in a path');
  if (Buffer.byteLength(dir) > 1000) throw refused('dir', dir, 'is longer than nginx takes');
  return quoted(dir + end);
}

/** A string of nginx's: a backslash says something only before a quotation mark, another backslash, and t, r, n. */
function quoted(text: string): string {
  return `"${text.replace(/\\(?=[\\"'trn]|$)/g, '\\\\').replaceAll('"', '\\"')}"`;
}
