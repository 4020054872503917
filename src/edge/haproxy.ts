import { STATUS_CODES } from 'node:http';
import { allowanceOf } from './allowance.ts';
import { ALWAYS, ASSET_ENDINGS } from './decide.ts';
import type { EdgeFacts, EdgeFile, EdgeFiller, HoldingPage } from './facts.ts';
import { textOf } from './facts.ts';
import { fill } from './fill.ts';
import { patternSource, querySource } from './patterns.ts';
import { pcre } from './pcre.ts';
import {
  commentsOf,
  failurePages,
  filesOf,
  isAddress,
  loginSources,
  originOf,
  patternsOf,
  publicHost,
  type Upstream,
  withoutPort,
} from './place.ts';

/** Longest wait for a connection to the origin, in milliseconds: past it a person thinks that nothing happens. */
const PATIENCE = 5_000;
/** Longest wait for the origin's machine to take a connection, in milliseconds: nearly all take it within one retry of TCP. */
const CONNECT = 3_000;
/** Places in a queue for each connection: an origin that answers in half a second serves so many within `PATIENCE`, and twice over. */
const QUEUE = 4;

type Texts = ReadonlyMap<string, string>;

/** HAProxy before the web server that serves the mirror: `haproxy.cfg`, and each holding page as an error file. */
export const fillHaproxy: EdgeFiller = (facts, texts) => [
  { path: 'haproxy.cfg', text: configuration(facts, texts) },
  ...facts.holding.map((page) => errorFile(page, textOf(texts, 'page.http'))),
];

function configuration(facts: EdgeFacts, texts: Texts): string {
  const { rules, holding } = facts;
  const [busy] = failurePages(facts);
  return fill(textOf(texts, 'haproxy.cfg'), {
    host: publicHost(facts),
    files: addressOf(filesOf(facts)),
    deadline: `${rules.deadline}ms`,
    connect: `${Math.min(rules.deadline, CONNECT)}ms`,
    patience: `${patienceOf(rules.deadline)}ms`,
    scheme: facts.site.protocol.slice(0, -1),
    busy: busy.name,
    errorpage: errorsOf(busy),
    errorkind: `holding:${busy.name}`,
    errors: holding.flatMap(({ name }) => lines(textOf(texts, 'errors.cfg'), { name })),
    holds: holding.flatMap((page) => hold(page, facts, textOf(texts, 'hold.cfg'))),
    origins: origins(facts, textOf(texts, 'origin.cfg')),
    elsewhere: rules.elsewhere === 'origin' ? 'holdfast_elsewhere' : 'holdfast_files',
    elsewheres:
      rules.elsewhere === 'origin'
        ? lines(textOf(texts, 'elsewhere.cfg'), {
            errorpage: errorsOf(busy),
            errorkind: `holding:${busy.name}`,
            files: addressOf(filesOf(facts)),
          })
        : [],
    ...limits(facts),
    ...conditions(facts),
    ...choices(facts),
  });
}

function limits({ rules }: EdgeFacts) {
  const { requests, period } = allowanceOf(rules.limits);
  return {
    most: `${rules.limits.connections}`,
    persecond: `${rules.limits.requestsPerSecond}`,
    burst: `${rules.limits.burst}`,
    rate: `${requests}`,
    period: `${period}s`,
    pause: `${period}`,
    expire: `${period + 60}s`,
  };
}

function conditions(facts: EdgeFacts) {
  const paths = patternsOf(facts, (pattern) => quoted(pcre(patternSource(pattern))));
  return {
    always: quoted(pcre(ALWAYS.source.replaceAll('\\/', '/'))),
    assets: quoted(pcre(`\\.(?:${ASSET_ENDINGS.join('|')})$`)),
    commentpaths: paths.comments.map((path) => `acl comments var(txn.path) -m reg ${path}`),
    dynamicacls: facts.rules.dynamic.flatMap(({ query }, rule) => [
      `acl dynamic_${rule} var(txn.path) -m reg ${paths.dynamic[rule]}`,
      ...(query === undefined ? [] : [`acl dynamic_${rule}_query query -m reg ${quoted(pcre(querySource(query)))}`]),
    ]),
    loginacls: loginSources(facts).map((cookie) => `acl personal req.fhdr(cookie) -m reg ${quoted(pcre(cookie))}`),
    heldacls: facts.holding.map(({ name }) => `acl held_${name} nbsrv(holdfast_watch_${name}) eq 0`),
  };
}

function choices({ rules, holding }: EdgeFacts) {
  return {
    commentrule: rules.comments.paths.length === 0 ? [] : ['use_backend holdfast_comments if METH_POST comments'],
    dynamicrules: rules.dynamic.map(({ query }, rule) => {
      const condition = query === undefined ? '' : ` dynamic_${rule}_query`;
      return `use_backend holdfast_dynamic_${rule} if dynamic_${rule}${condition}`;
    }),
    heldrules: holding.map(({ name }) => `use_backend holdfast_hold_${name} if held_${name} files_up !asset !always`),
  };
}

function hold({ name, status, retryAfter }: HoldingPage, facts: EdgeFacts, text: string): readonly string[] {
  return lines(text, {
    name,
    status: `${status}`,
    host: publicHost(facts),
    files: addressOf(filesOf(facts)),
    retryafter: retryAfter === null ? [] : [`http-response set-header Retry-After ${retryAfter}`],
  });
}

/** One backend a cap. The visitors' is the one that looks after the origin's health; the others go by it. */
function origins(facts: EdgeFacts, text: string): readonly string[] {
  const { rules } = facts;
  const [busy, lost] = failurePages(facts);
  const comments = commentsOf(facts);
  const backend = (name: string, cap: number, more: Partial<Origin> = {}) =>
    originBackend(
      { name, cap, page: busy, kind: 'dynamic', to: originOf(facts), isInbox: false, ...more },
      facts,
      text,
    );
  return [
    ...backend('comments', comments.cap, { page: lost, kind: 'inbox', ...comments }),
    ...rules.dynamic.flatMap(({ connections }, rule) => backend(`dynamic_${rule}`, connections)),
    ...backend('visitors', rules.connections),
  ];
}

interface Origin {
  readonly name: string;
  readonly cap: number;
  readonly page: HoldingPage;
  readonly kind: string;
  readonly to: Upstream;
  /** What it says itself, it says to the visitor, also where that is 503; and it is as well as it is. */
  readonly isInbox: boolean;
}

function originBackend(
  { name, cap, page, kind, to, isInbox }: Origin,
  facts: EdgeFacts,
  text: string,
): readonly string[] {
  const health = isInbox
    ? ''
    : name === 'visitors'
      ? ' check inter 5s fall 3 rise 3 slowstart 120s'
      : ' track holdfast_visitors/origin';
  return lines(text, {
    backend: name,
    errorpage: errorsOf(page),
    errorkind: `holding:${page.name}`,
    originhost: to.says,
    queue: `${cap * QUEUE}`,
    kind,
    failing: isInbox ? '502 504' : '502 503 504',
    redirects: homeward(facts),
    server: `server origin ${addressOf(to)} maxconn ${cap}${health}${secured(to)}`,
  });
}

/** What the origin sends to its own address goes to the public one. */
function homeward({ origin, site }: EdgeFacts): readonly string[] {
  if (origin.url.origin === site.origin) return [];
  return [
    `http-response replace-header Location ${quoted(`^${origin.url.origin.replace(/[.[\]]/g, '\\$&')}(/.*)?$`)} ${site.origin}\\1`,
  ];
}

function secured({ host, tls, says }: Upstream): string {
  const named = isAddress(host) ? '' : ' resolvers system init-addr last,libc,none';
  const name = isAddress(host) ? withoutPort(says) : host;
  return tls ? `${named} ssl verify required ca-file @system-ca sni str(${name})` : named;
}

function addressOf({ host, port }: Upstream): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A whole answer, as HAProxy sends it without looking at it: lines end as HTTP says. */
function errorFile({ name, status, retryAfter, html }: HoldingPage, text: string): EdgeFile {
  const head = fill(text, {
    status: `${status} ${STATUS_CODES[status] ?? 'Unknown'}`,
    length: `${html.length}`,
    retryafter: retryAfter === null ? [] : [`Retry-After: ${retryAfter}`],
  });
  return { path: `${name}.http`, text: head.replaceAll('\n', '\r\n') + html.toString('utf8') };
}

const patienceOf = (deadline: number): number => Math.min(Math.ceil(deadline / 2), PATIENCE);

const errorsOf = ({ name }: HoldingPage): string => `holdfast_${name}`;

/** Nothing has a meaning between single quotes; `pcre` leaves none within. */
const quoted = (text: string): string => `'${text}'`;

const lines = (text: string, fillings: Parameters<typeof fill>[1]): readonly string[] =>
  fill(text.trimEnd(), fillings).split('\n').concat('');
