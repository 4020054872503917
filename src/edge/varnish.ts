import { allowanceOf } from './allowance.ts';
import { ALWAYS, ASSET_ENDINGS } from './decide.ts';
import { type EdgeFacts, type EdgeFiller, type HoldingPage, refused, textOf } from './facts.ts';
import { fill } from './fill.ts';
import { querySource } from './patterns.ts';
import { patternAsSent, pcre } from './pcre.ts';
import {
  commentsOf,
  failurePages,
  filesOf,
  loginSources,
  originOf,
  patternsOf,
  publicHost,
  type Upstream,
  withoutPort,
} from './place.ts';

type Texts = ReadonlyMap<string, string>;

/** Longest wait for the origin's machine to take a connection, in milliseconds. */
const CONNECT = 3_000;
/** Shortest time in which a cap gets back a token that nobody gave back, in seconds; `publish/edge/varnish/default.vcl` says what for. */
const REFILL = 60;
/** As they are sent: what `decide` calls hostile and hidden, each sign by itself or percent-encoded. */
const HOSTILE =
  '%(?![0-9a-fA-F]{2})|\\\\|%5[cC]|%[01][0-9a-fA-F]|%7[fF]|(?:/|%2[fF])(?:/|%2[fF]|(?:\\.|%2[eE]){1,2}(?:/|%2[fF]|\\z))';
const HIDDEN = '(?:/|%2[fF])(?:\\.|%2[eE])';

/** Varnish before the web server that serves the mirror: `default.vcl`, the holding pages within it, and beside it the format of its log. */
export const fillVarnish: EdgeFiller = (facts, texts) => [
  { path: 'default.vcl', text: configuration(facts, texts) },
  { path: 'holdfast/log.format', text: textOf(texts, 'log.format') },
];

function configuration(facts: EdgeFacts, texts: Texts): string {
  const { rules, holding } = facts;
  const [busy, lost] = failurePages(facts);
  const files = filesOf(facts);
  const { requests, period } = allowanceOf(rules.limits);
  const caps = capsOf(facts);
  return fill(textOf(texts, 'default.vcl'), {
    host: publicHost(facts),
    hostsource: publicHost(facts).replace(/[.[\]]/g, '\\$&'),
    scheme: facts.site.protocol.slice(0, -1),
    site: facts.site.origin,
    originsource: facts.origin.url.origin.replace(/[.[\]]/g, '\\$&'),
    fileshost: files.host,
    filesport: `${files.port}`,
    rate: `${requests}`,
    period: `${period}s`,
    pause: `${period}`,
    busy: busy.name,
    lost: lost.name,
    refill: `${refillOf(facts)}`,
    origins: caps.flatMap((cap) => originLines(cap, facts, textOf(texts, 'origin.vcl'))),
    given: caps.flatMap((cap) =>
      block(`if (req.backend_hint == ${cap.name})`, `vsthrottle.return_token(${bucketOf(cap, facts)});`),
    ),
    holds: holding.flatMap(({ name }) => hold(name, files, textOf(texts, 'hold.vcl'))),
    held: holding.flatMap(({ name }) =>
      block(
        `if (std.healthy(hold_${variable(name)}))`,
        `set req.http.X-Holdfast-Page = "${name}";`,
        'call holdfast_page;',
      ),
    ),
    files: holding.flatMap(({ name, html }) =>
      block(`if (bereq.http.X-Holdfast-Page == "${name}")`, `synthetic(${longString(html.toString('utf8'))});`),
    ),
    shown: holding.flatMap(shown),
    ...conditions(facts),
    inbox: commentsOf(facts).isInbox ? ['set req.http.X-Holdfast-Inbox = "yes";'] : [],
    elsewhere: rules.elsewhere === 'origin' ? ELSEWHERE : [],
  });
}

function conditions(facts: EdgeFacts) {
  const paths = patternsOf(facts, (pattern) => pcre(patternAsSent(pattern)));
  const logins = loginSources(facts).map((cookie) => ` || req.http.Cookie ~ "${pcre(cookie)}"`);
  return {
    always: pcre(ALWAYS.source.replaceAll('\\/', '/')),
    assets: pcre(`\\.(?:${ASSET_ENDINGS.join('|')})$`),
    hostile: HOSTILE,
    hidden: HIDDEN,
    comments: paths.comments.length === 0 ? NOTHING : paths.comments.map((path) => `(?:${path})`).join('|'),
    logins: logins.join(''),
    dynamic: facts.rules.dynamic.flatMap(({ query }, rule) => {
      const parameter =
        query === undefined ? '' : ` && req.url ~ "${pcre(querySource(query).replace('^', '^[^?]*\\?'))}"`;
      return block(
        `if (req.http.X-Holdfast-Path ~ "${paths.dynamic[rule]}"${parameter})`,
        'set req.http.X-Holdfast-Kind = "dynamic";',
        `call holdfast_to_dynamic_${rule};`,
      );
    }),
  };
}

/** Matches no path. */
const NOTHING = '(?!)';

/** What the file server lacks is asked of the origin, under the cap of who is logged in. */
const ELSEWHERE = block(
  'if (resp.status == 404 && !req.http.X-Holdfast-Always && req.url != "/404.html" && req.http.X-Holdfast-Path !~ "^/_holdfast/")',
  'set req.http.X-Holdfast-Elsewhere = "yes";',
  'return (restart);',
);

/** Connections that are counted together. */
interface Cap {
  /** Of the backend. */
  readonly name: string;
  readonly most: number;
  readonly to: Upstream;
}

function capsOf(facts: EdgeFacts): readonly Cap[] {
  const { rules } = facts;
  const comments = commentsOf(facts);
  const to = originOf(facts);
  return [
    { name: 'comments', most: comments.cap, to: comments.to },
    ...rules.dynamic.map(({ connections }, rule) => ({ name: `dynamic_${rule}`, most: connections, to })),
    { name: 'visitors', most: rules.connections, to },
  ];
}

function originLines(cap: Cap, facts: EdgeFacts, text: string): readonly string[] {
  const { name, most, to } = cap;
  const { deadline } = facts.rules;
  if (to.tls) throw refused('origin.url', facts.origin.url.origin, 'is https, which Varnish does not speak');
  return lines(text, {
    name,
    cap: `${most}`,
    host: to.host,
    port: `${to.port}`,
    says: to.says,
    connect: `${Math.min(deadline, CONNECT)}ms`,
    deadline: `${deadline}ms`,
    bucket: bucketOf(cap, facts),
  });
}

/** A cap's tokens, as the module knows them: by a name that no other site's configuration has in the same Varnish, their number, and the time in which all come back by themselves. */
function bucketOf({ name, most }: Cap, facts: EdgeFacts): string {
  return `"${publicHost(facts)} ${name}", ${most}, ${most * refillOf(facts)}s`;
}

/** Seconds in which one token of a cap comes back by itself: longer than to connect, wait for the first word and be silent once more. */
function refillOf({ rules }: EdgeFacts): number {
  return Math.max(REFILL, Math.ceil((rules.deadline * 4) / 1000));
}

function hold(name: string, files: Upstream, text: string): readonly string[] {
  const server = { fileshost: files.host, filesport: `${files.port}`, host: withoutPort(files.says) };
  return lines(text, { name, variable: variable(name), ...server });
}

function shown({ name, status, retryAfter }: HoldingPage): readonly string[] {
  const retry = retryAfter === null ? [] : [`set resp.http.Retry-After = "${retryAfter}";`];
  return block(`if (req.http.X-Holdfast-Page == "${name}")`, `set resp.status = ${status};`, ...retry);
}

/** Text of any length: nothing means anything in it but the two signs that end it. */
function longString(text: string): string {
  const parts = text.split(/(?<=")(?=\})/);
  return parts.map((part) => `{"${part}"}`).join(' + ');
}

/** A name as VCL has them. */
const variable = (name: string): string => name.replaceAll('-', '_');

function block(condition: string, ...statements: readonly string[]): readonly string[] {
  return [`${condition} {`, ...statements.map((statement) => `\t${statement}`), '}'];
}

const lines = (text: string, fillings: Parameters<typeof fill>[1]): readonly string[] =>
  fill(text.trimEnd(), fillings).split('\n').concat('');
