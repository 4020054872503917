import { STATUS_CODES } from 'node:http';
import { ALWAYS, ASSET_ENDINGS, HOSTILE } from './decide.ts';
import { bucketOf, type EdgeFacts, type EdgeFiller, refused, textOf } from './facts.ts';
import { fill } from './fill.ts';
import { POLICY } from './names.ts';
import { cookieSource, patternSource } from './patterns.ts';
import { failurePages, isAddress, originOf, patternsOf, publicHost, type Upstream, withoutPort } from './place.ts';

/** Largest function that CloudFront takes, in bytes. */
const MOST_CODE = 10_240;
/** What CloudFront waits for an origin at most, in seconds; more must be asked of Amazon. */
const LONGEST = { connect: 10, read: 60 };
/** Statuses that an error page of CloudFront's may have. */
const STATUSES = [200, 400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];
/** What the origin or the bucket says that cannot answer now. */
const FAILING = [500, 502, 503, 504];
/** What CloudFront takes for the path of an origin; other signs it would want encoded, which a bucket's folder is not. */
const FOLDER = /^[\w\-.~/!$'()*+,;=:@]{0,255}$/;

/** One template, the function within it. */
export const fillCloudfront: EdgeFiller = (facts, texts) => {
  const { rules, site } = facts;
  const placed = bucket(facts);
  const origin = originOf(facts);
  assertReachable(facts, origin);
  if (site.protocol !== 'https:') throw refused('site.url', site.href, 'is not https, which CloudFront is for');
  if (rules.elsewhere === 'origin')
    throw refused(
      'edge.elsewhere',
      'origin',
      'cannot be done by CloudFront: the origin would be asked for names of files',
    );
  const text = fill(textOf(texts, 'template.yaml'), {
    host: publicHost(facts),
    site: JSON.stringify(site.hostname),
    busy: rules.holding,
    policy: JSON.stringify(POLICY),
    ...placed,
    origin: JSON.stringify(origin.host),
    scheme: origin.tls ? 'https' : 'http',
    httpport: `${origin.tls ? 80 : origin.port}`,
    httpsport: `${origin.tls ? origin.port : 443}`,
    connect: seconds(rules.deadline, LONGEST.connect),
    deadline: seconds(rules.deadline, LONGEST.read),
    ...inbox(facts, textOf(texts, 'inbox.yaml')),
    code: code(facts, textOf(texts, 'function.js')),
    errors: errors(facts),
  });
  return [{ path: 'template.yaml', text }];
};

/** Throws for an origin that CloudFront has no way to. */
function assertReachable(facts: EdgeFacts, { host, port, says }: Upstream): void {
  if (isAddress(host)) throw refused('origin.url', host, 'is an address, and CloudFront wants a name');
  if (withoutPort(says) !== host)
    throw refused('origin.host', says, `cannot be said by CloudFront, which asks for ${host}`);
  if (port !== 80 && port !== 443 && port < 1024)
    throw refused('origin.url', facts.origin.url.origin, 'has a port that CloudFront does not go to');
}

function bucket(facts: EdgeFacts) {
  const { bucket: name, prefix, region, endpoint } = bucketOf(facts, 'cloudfront');
  if (endpoint !== undefined)
    throw refused('destinations.endpoint', endpoint, "is not Amazon's, and CloudFront could not sign for it");
  const folder = prefix.replace(/\/$/, '');
  if (!FOLDER.test(folder))
    throw refused('destinations.prefix', prefix, 'has signs that CloudFront takes in no path of an origin');
  const host = region === undefined ? `${name}.s3.amazonaws.com` : `${name}.s3.${region}.amazonaws.com`;
  return { bucket: JSON.stringify(host), folder: JSON.stringify(folder === '' ? '' : `/${folder}`) };
}

const seconds = (milliseconds: number, most: number): string =>
  `${Math.min(Math.max(1, Math.round(milliseconds / 1000)), most)}`;

/** The inbox listens on its own machine: what leads to it from outside is to be filled in. */
function inbox({ inbox: listens }: EdgeFacts, text: string) {
  if (listens === undefined) return { inboxparameter: [], inboxorigin: [] };
  return {
    inboxparameter: [
      'Inbox:',
      '  Type: String',
      `  Description: A host whose web server hands what it gets by https on to the inbox, at ${listens}`,
    ],
    inboxorigin: text.trimEnd().split('\n'),
  };
}

function errors(facts: EdgeFacts): readonly string[] {
  const [{ name, status }] = failurePages(facts);
  if (!STATUSES.includes(status))
    throw refused(`holding page ${name}`, `${status}`, `is no status for CloudFront, which has ${STATUSES.join(', ')}`);
  const path = `/_holdfast/holding/${name}.html`;
  return FAILING.map(
    (code) => `- {ErrorCode: ${code}, ResponseCode: ${status}, ResponsePagePath: ${path}, ErrorCachingMinTTL: 10}`,
  );
}

function code(facts: EdgeFacts, text: string): readonly string[] {
  const filled = fill(text.trimEnd(), { rules: inQuotes(JSON.stringify(functionRules(facts))) });
  const size = Buffer.byteLength(filled);
  if (size > MOST_CODE)
    throw refused(
      'edge.dynamic',
      `${facts.rules.dynamic.length} paths`,
      `make a function of ${size} bytes, and CloudFront takes ${MOST_CODE}`,
    );
  return filled.split('\n');
}

function functionRules(facts: EdgeFacts) {
  const { rules, site, origin, holding } = facts;
  // Its engine may not let a dot stand for each sign.
  const paths = patternsOf(facts, (pattern) => patternSource(pattern).replaceAll('.*', '[\\s\\S]*'));
  return {
    always: ALWAYS.source,
    assets: `\\.(?:${ASSET_ENDINGS.join('|')})$`,
    hostile: HOSTILE.source,
    comments: paths.comments,
    inbox: facts.inbox === undefined ? 'origin' : 'inbox',
    dynamic: rules.dynamic.map(({ query }, index) => ({ path: paths.dynamic[index], query })),
    logins: rules.loginCookies.map(cookieSource),
    holding: rules.holding,
    pages: Object.fromEntries(
      holding.map(({ name, status, retryAfter }) => [
        name,
        { status, says: STATUS_CODES[status] ?? 'Unknown', retryAfter: retryAfter === null ? null : `${retryAfter}` },
      ]),
    ),
    origin: origin.url.origin,
    site: site.origin,
  };
}

/** Between single quotes of JavaScript, and in a block of YAML: plain ASCII on one line. */
function inQuotes(json: string): string {
  return json
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'");
}
