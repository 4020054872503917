import { ENDING_PATH } from '../model/ending.ts';
import { ALWAYS, ASSET_ENDINGS, NOT_KEPT } from './decide.ts';
import { type EdgeFacts, type EdgeFiller, folderOf, refused, textOf } from './facts.ts';
import { fill } from './fill.ts';
import { assertHost, assertPattern, POLICY } from './names.ts';
import { cookieSource, patternSource, querySource } from './patterns.ts';
import { told } from './redirects.ts';

const FILE = 'Caddyfile';

const ALWAYS_SOURCE = ALWAYS.source.replaceAll('\\/', '/');
const ASSET_SOURCE = `(?i)\\.(?:${ASSET_ENDINGS.join('|')})$`;
const NO_ASSET = [`not path_regexp ${quoted(ALWAYS_SOURCE)}`, `not path_regexp ${quoted(ASSET_SOURCE)}`];

/** One file: snippets, a site for other hosts, the site. */
export const fillCaddy: EdgeFiller = (facts, texts) => {
  const { rules, site, origin } = facts;
  const dir = folderOf(facts, 'caddy');
  assertHost('site.url', site.hostname);
  assertHost('origin.url', origin.url.hostname);
  assertHost('origin.host', origin.host.replace(/:\d+$/, ''));
  const text = fill(textOf(texts, FILE), {
    site: site.origin,
    publichost: site.host,
    scheme: site.protocol.slice(0, -1),
    originhost: origin.host,
    originstart: quoted(`^${origin.url.origin.replace(/[.[\]]/g, '\\$&')}(/.*)?$`),
    dir: path(dir),
    root: path(`${dir}/current`),
    flags: path(`${dir}/_holdfast/hold`),
    always: quoted(ALWAYS_SOURCE),
    ending: ENDING_PATH,
    assets: quoted(ASSET_SOURCE),
    deadline: `${rules.deadline}ms`,
    policy: `"${POLICY}"`,
    tls: origin.url.protocol === 'http:' ? [] : ['tls', `tls_server_name ${origin.host.replace(/:\d+$/, '')}`],
    visitors: pool(facts, 0, rules.connections),
    logins: rules.loginCookies.length === 0 ? [] : loginOf(facts),
    routes: [...commentsRoute(facts), ...rules.dynamic.flatMap((_, index) => dynamicRoute(facts, index))],
    held: [
      ...facts.holding.flatMap(({ name }) => [
        `@${name} file {`,
        `\troot ${path(`${dir}/_holdfast/hold`)}`,
        `\ttry_files ${name}`,
        '}',
        ...handle(`@${name}`, standIn(facts, name)),
      ]),
      ...handle('', standIn(facts, rules.holding)),
    ],
    redirectstold: told(facts.redirects),
    redirects: facts.redirects.list.map(
      ({ file, marker, status, to }) => `${quoted(file)} ${quoted(marker)} ${status} ${quoted(to)}`,
    ),
    elsewhere: rules.elsewhere === '404' ? [] : elsewhereOf(facts),
    failing: [
      ...commentsMatcher(facts),
      ...handle('@comments', standIn(facts, notKept(facts))),
      ...handle('', standIn(facts, rules.holding)),
    ],
  });
  return [{ path: FILE, text }];
};

/**
 * The origin and a cap, as the snippet takes them. Caddy counts the requests of an upstream by its address as it is written: zeros before the port
 * tell pools apart that are one address.
 */
function pool({ origin }: EdgeFacts, mark: number, connections: number): string {
  const port = origin.url.port || (origin.url.protocol === 'https:' ? '443' : '80');
  return `${origin.url.hostname}:${'0'.repeat(mark)}${port} ${connections}`;
}

function notKept({ rules, holding }: EdgeFacts): string {
  return holding.some(({ name }) => name === NOT_KEPT) ? NOT_KEPT : rules.holding;
}

function commentsMatcher({ rules }: EdgeFacts): readonly string[] {
  rules.comments.paths.forEach((pattern, index) => {
    assertPattern(`edge.comments.paths[${index}]`, pattern);
  });
  // What matches nothing stands for no path at all.
  const sources = rules.comments.paths.length === 0 ? ['^$'] : rules.comments.paths.map(patternSource);
  return ['@comments {', '\tmethod POST', `\tpath_regexp ${quoted(sources.join('|'))}`, '}'];
}

function commentsRoute(facts: EdgeFacts): readonly string[] {
  const { inbox } = facts;
  const asked =
    inbox === undefined
      ? [`import holdfast_origin ${pool(facts, 1, facts.rules.comments.connections)}`]
      : ['header ?Cache-Control "no-store"', `reverse_proxy ${inbox}`];
  return [...commentsMatcher(facts), ...handle('@comments', asked)];
}

function dynamicRoute(facts: EdgeFacts, index: number): readonly string[] {
  const rule = facts.rules.dynamic[index];
  if (rule === undefined) return [];
  assertPattern(`edge.dynamic[${index}].path`, rule.path);
  const query =
    rule.query === undefined ? [] : [`\tvars_regexp {http.request.uri.query} ${quoted(querySource(rule.query))}`];
  const name = `@dynamic${index}`;
  return [
    `${name} {`,
    `\tpath_regexp ${quoted(patternSource(rule.path))}`,
    ...query,
    '}',
    ...handle(name, [`import holdfast_origin ${pool(facts, index + 2, rule.connections)}`]),
  ];
}

function loginOf(facts: EdgeFacts): readonly string[] {
  const names = facts.rules.loginCookies.map((cookie) => {
    const source = cookieSource(cookie).slice(1);
    return source.endsWith('$') ? source.slice(0, -1) : `${source}[^=;]*`;
  });
  return [
    '@cookie {',
    `\theader_regexp Cookie ${quoted(`(?:^|;) ?(?:${names.join('|')})=`)}`,
    ...NO_ASSET.map((line) => `\t${line}`),
    '}',
    ...handle('@cookie', [
      'header {',
      '\tCache-Control "no-store"',
      '\tdefer',
      '}',
      `import holdfast_origin ${pool(facts, 0, facts.rules.connections)}`,
    ]),
  ];
}

function elsewhereOf(facts: EdgeFacts): readonly string[] {
  return [
    '# What is in no release.',
    '@elsewhere {',
    '\tnot file {path} {path}/index.html {path}/index.xml {path}/index.json {path}/index.txt',
    `\tnot path_regexp ${quoted(ALWAYS_SOURCE)}`,
    '}',
    ...handle('@elsewhere', [`import holdfast_origin ${pool(facts, 0, facts.rules.connections)}`]),
  ];
}

function standIn({ holding }: EdgeFacts, name: string): readonly string[] {
  const { status = 503, retryAfter = null } = holding.find((page) => page.name === name) ?? {};
  return [
    ...(retryAfter === null ? [] : [`header Retry-After "${retryAfter}"`]),
    `import holdfast_page ${name} ${status}`,
  ];
}

function handle(matcher: string, lines: readonly string[]): readonly string[] {
  return [`handle ${matcher}${matcher === '' ? '' : ' '}{`, ...lines.map((line) => `\t${line}`), '}'];
}

/** A path; what is in braces Caddy replaces in any, and has no way to write them otherwise. */
function path(dir: string): string {
  if (/[{}`\p{Cc}]/u.test(dir))
    throw refused('dir', dir, 'holds a brace, a backquote or a control character, which Caddy cannot have in a path');
  return quoted(dir);
}

/** Text between backquotes is taken as it is, but for `{$`, which a pattern's end makes of a brace; a regular expression can write both otherwise. */
function quoted(text: string): string {
  return `\`${text.replaceAll('`', '\\x60').replaceAll('\\{', '\\x7b')}\``;
}
