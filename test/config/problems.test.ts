import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { isHoldfastError } from '../../src/model/errors.ts';
import { suite } from '../support/suite.ts';

const DURATION = 'is not a duration: write a number and a unit (ms, s, m, h, d), such as "90s"';
const SIZE = 'is not a size: write a number and a unit (B, KB, MB, GB), such as "10MB"';
const ADDRESS = 'is not an http(s) address without path, query or password, such as https://www.example.org';
const PATH = 'is not a path of the site: it starts with / and has no query';
const NAME = 'is not a name: lower-case letters, digits and hyphens, 40 at most';
const HOST = 'is not a host name, such as www.example.org or 10.0.0.5:8080';
const TOP = `unknown key; known here: ${[...Object.keys(configSchema.def.shape), 'environments'].join(', ')}`;
const OWN = 'is a header that Holdfast sets itself (for Host see `origin.host`)';
const PAGES = 'has no pages: give it `paths`, `sitemap` or `crawl`';

const FASTLY = { use: 'fastly', service: 'SU1Z0isxPaozGVKXdv0eY', token: 'env:FASTLY' };

/** A field to put into a configuration that is otherwise right (undefined takes it out), and the lines it is refused with. */
const BAD: readonly [field: string, value: unknown, ...lines: string[]][] = [
  ['site', undefined, 'site: is missing: an object with name, url, language'],
  ['site', 'Example', 'site: "Example" is not an object'],
  ['site.name', '', 'site.name: "" is empty'],
  ['site.name', 7, 'site.name: 7 is not text'],
  ['site.name', undefined, 'site.name: is missing: what the site is called, for templates and messages'],
  ['site.nmae', 'x', 'site.nmae: unknown key; did you mean name?'],
  ['site.colour', 'x', 'site.colour: unknown key; known here: name, url, language'],
  ['site.url', 'www.example.org', `site.url: "www.example.org" ${ADDRESS}`],
  ['site.url', 'https://www.example.org/blog/', `site.url: "https://www.example.org/blog/" ${ADDRESS}`],
  ['site.url', 'ftp://www.example.org', `site.url: "ftp://www.example.org" ${ADDRESS}`],
  ['site.language', 'english please', 'site.language: "english please" is not a language, such as en or pt-BR'],
  ['origin.url', null, 'origin.url: null is not text'],
  ['origin.ulr', 'http://10.0.0.6', 'origin.ulr: unknown key; did you mean url?'],
  ['origin.host', 'http://x/', `origin.host: "http://x/" ${HOST}`],
  ['origin.aliases', 'www.example.org', 'origin.aliases: "www.example.org" is not a list'],
  ['origin.aliases', ['a', 'b c'], `origin.aliases[1]: "b c" ${HOST}`],
  ['origin.headers', ['a'], 'origin.headers: a list is not an object'],
  ['origin.headers', { Host: 'x' }, `origin.headers.Host: ${OWN}`],
  ['origin.headers', { 'if-none-match': 'x' }, `origin.headers["if-none-match"]: ${OWN}`],
  ['origin.headers', { cookie: 'env:A' }, 'origin.headers.cookie: is never sent: a cookie would make pages personal'],
  ['origin.headers', { 'a b': 'x' }, 'origin.headers["a b"]: is not a header name'],
  ['origin.headers', { a: 'x\ny' }, 'origin.headers.a: "x\\ny" is not a header value: one line of text'],
  ['origin.headers', { a: true }, 'origin.headers.a: true is not text'],
  ['origin.allowPrivate', 'yes', 'origin.allowPrivate: "yes" is not true or false'],
  ['origin.requestsPerSecond', '5', 'origin.requestsPerSecond: "5" is not a number'],
  ['origin.requestsPerSecond', -1, 'origin.requestsPerSecond: -1 is less than 0'],
  ['origin.concurrency', 1.5, 'origin.concurrency: 1.5 is not a whole number'],
  ['origin.concurrency', 65, 'origin.concurrency: 65 is more than 64'],
  ['origin.deadline', 20, `origin.deadline: 20 ${DURATION}`],
  ['origin.deadline', '20', `origin.deadline: "20" ${DURATION}`],
  ['origin.deadline', '25d', 'origin.deadline: "25d" is too long: the most is 1d'],
  ['origin.idle', '0s', 'origin.idle: "0s" is too short: the least is 1ms'],
  ['origin.maxPage', '10 MB', `origin.maxPage: "10 MB" ${SIZE}`],
  ['origin.maxAsset', '0KB', 'origin.maxAsset: "0KB" is out of range: at least 1B'],
  ['lanes', undefined, 'lanes: is missing: sets of pages with one interval each'],
  ['lanes', [], 'lanes: is empty: at least one is needed'],
  ['lanes', {}, 'lanes: an object is not a list'],
  ['lanes.0', 'hot', 'lanes[0]: "hot" is not an object'],
  ['lanes.0.name', 'Hot lane', `lanes[0].name: "Hot lane" ${NAME}`],
  ['lanes.0.every', '1x', `lanes[0].every: "1x" ${DURATION}`],
  ['lanes.0.every', '99999d', 'lanes[0].every: "99999d" is too long: the most is 3650d'],
  ['lanes.0.every', undefined, 'lanes[0].every: is missing: interval between looks'],
  ['lanes.0.evry', '1m', 'lanes[0].evry: unknown key; did you mean every?'],
  ['lanes.0.paths', undefined, `lanes[0]: ${PAGES}`],
  ['lanes.0.paths', ['about'], `lanes[0].paths[0]: "about" ${PATH}`],
  ['lanes.0.paths', ['/', '/?p=1'], `lanes[0].paths[1]: "/?p=1" ${PATH}`],
  ['lanes.0.paths', ['//evil.example'], `lanes[0].paths[0]: "//evil.example" ${PATH}`],
  ['lanes.0.paths', ['/../etc'], 'lanes[0].paths[0]: "/../etc" is a path that cannot be a file of the site'],
  [
    'lanes.0.sitemap',
    false,
    'lanes[0].sitemap: false is not a sitemap: write its path, or true to find it through robots.txt',
  ],
  ['lanes.0.crawl', true, 'lanes[0].crawl: true is not an object'],
  ['lanes.0.crawl', { depth: 0 }, 'lanes[0].crawl.depth: 0 is less than 1'],
  ['lanes.0.crawl', { form: ['/'] }, 'lanes[0].crawl.form: unknown key; did you mean from?'],
  ['lanes.0.exclude', ['tag/**'], 'lanes[0].exclude[0]: "tag/**" is not a path pattern: it starts with /'],
  ['lanes.0.limit', 0, 'lanes[0].limit: 0 is less than 1'],
  ['lanes.1', { name: 'hot', paths: ['/b'], every: '1h' }, 'lanes[1].name: "hot" is the name of another lane too'],
  ['assets', null, 'assets: null is not an object'],
  ['gate.maxShrink', 50, 'gate.maxShrink: 50 is more than 1'],
  ['gate.mustContain', '</html>', 'gate.mustContain: "</html>" is not a list'],
  ['gate.mustNotContain', [''], 'gate.mustNotContain[0]: "" is empty'],
  ['normalize', [{ match: '(' }], 'normalize[0].match: "(" is not a regular expression'],
  ['compose.templates', 5, 'compose.templates: 5 is not text'],
  [
    'analytics',
    [{ use: 'piwik' }],
    'analytics[0].use: "piwik" is not known: there are "plausible", "matomo", "goatcounter", "umami", "ga4", "pixel", "custom"',
  ],
  ['analytics', [{ use: 'plausible', domian: 'a.b' }], 'analytics[0].domian: unknown key; did you mean domain?'],
  [
    'analytics',
    [{ use: 'plausible', domain: 'a.b', script: 'x' }],
    'analytics[0].script: "x" is not an http(s) address',
  ],
  [
    'analytics',
    [{ use: 'pixel', domain: 'a.b' }],
    'analytics[0].domain: unknown key; it belongs at analytics[plausible].domain',
  ],
  ['destinations', [], 'destinations: is empty: at least one is needed'],
  ['destinations.0.use', 's4', 'destinations[0].use: "s4" is not known: there are "mirror", "rsync", "s3"'],
  ['destinations.0.use', undefined, 'destinations[0].use: is missing: there are "mirror", "rsync", "s3"'],
  [
    'destinations.0.dir',
    undefined,
    "destinations[0].dir: is missing: the directory; a web server's root is `<dir>/current`. Relative to the configuration file",
  ],
  [
    'destinations.1',
    { use: 'rsync', to: '-oProxyCommand=x', dir: '/srv/www' },
    'destinations[1].to: "-oProxyCommand=x" is not a machine as ssh names it, such as www@mirror.example.org',
  ],
  [
    'destinations.1',
    { use: 'rsync', to: 'www@-x', dir: '/srv/www' },
    'destinations[1].to: "www@-x" is not a machine as ssh names it, such as www@mirror.example.org',
  ],
  [
    'destinations.1',
    { use: 'rsync', to: 'mirror.example.org', dir: 'srv/www' },
    'destinations[1].dir: "srv/www" is not an absolute path, such as /srv/www',
  ],
  [
    'destinations.1',
    { use: 'rsync', to: 'mirror.example.org', dir: '/srv/../etc' },
    'destinations[1].dir: "/srv/../etc" is not an absolute path, such as /srv/www',
  ],
  ['destinations.1', { use: 's3', bucket: 'a/b' }, 'destinations[1].bucket: "a/b" is not a bucket\'s name'],
  [
    'destinations.1',
    { use: 's3', bucket: 'www', prefix: 'a/../b' },
    'destinations[1].prefix: "a/../b" is not a folder of a bucket, such as www',
  ],
  ['destinations.1', { use: 'mirror', dir: 'b' }, 'destinations[1].name: is the name of another destination too'],
  ['retain', 1, 'retain: 1 is less than 2'],
  ['environments', [], 'environments: a list is not an object'],
  ['environments', { staging: 5 }, 'environments.staging: 5 is not an object'],
  ['environments', { 'My Site': {} }, `environments["My Site"]: ${NAME}`],
  ['remarks', [], `remarks: ${TOP}`],
  ['purges', [], 'purges: unknown key; did you mean purge?'],
  [
    'purge',
    [{ use: 'akamai' }],
    'purge[0].use: "akamai" is not known: there are "cloudfront", "cloudflare", "fastly", "http"',
  ],
  [
    'purge',
    [{ use: 'cloudfront', distribution: 'x' }],
    'purge[0].distribution: "x" is not the id of a distribution, such as E2QWRUHEXAMPLE',
  ],
  ['purge', [{ ...FASTLY, by: 'tag' }], 'purge[0].by: "tag" is not known: there are "url", "key"'],
  [
    'purge',
    [{ ...FASTLY, endpoint: 'http://api.example.org' }],
    'purge[0].endpoint: "http://api.example.org" is not an https address (http is for a server on this machine)',
  ],
  ['purge', [FASTLY, FASTLY], 'purge[1].name: is the name of another cache too'],
  ['purge', [{ ...FASTLY, budget: 0 }], 'purge[0].budget: 0 is less than 1'],
  [
    'purge',
    [{ ...FASTLY, to: ['mirror', 'www'] }],
    'purge[0].to[1]: "www" is not the name of a destination: there is mirror',
  ],
  [
    'purge',
    [{ use: 'http', url: 'http://10.0.0.7', everything: true }],
    'purge[0].everything: true cannot purge everything by PURGE: set `method` to BAN',
  ],
  [
    'purge',
    [{ use: 'http', url: 'http://10.0.0.7', headers: { Host: 'x' } }],
    'purge[0].headers.Host: is a header that Holdfast sets itself',
  ],
  ['headers', [{ for: 'a/**', set: {} }], 'headers[0].for: "a/**" is not a path pattern: it starts with /'],
  [
    'headers',
    [{ for: '/**', set: { 'Content-Type': 'text/html' } }],
    'headers[0].set["Content-Type"]: is a header that follows from the file itself',
  ],
  ['concurrency', 2, 'concurrency: unknown key; it belongs at origin.concurrency'],
  ['two\nlines', 2, `["two\\nlines"]: ${TOP}`],
];

const HEADER = 'a secret must not stand in the file: write "env:NAME" or "file:PATH" as its whole value';
const NO_FIELD = 'a secret must not stand in the file, and there is no such field';
const IN_URL =
  'a user name or password must not stand in an address: send it as a header, by "env:NAME" or "file:PATH"';
const CANARY = 'canary-7731-secret';

const SECRET: readonly [field: string, value: unknown, ...lines: string[]][] = [
  ['origin.headers', { Authorization: `Bearer ${CANARY}` }, `origin.headers.Authorization: ${HEADER}`],
  ['origin.headers', { 'proxy-authorization': CANARY }, `origin.headers["proxy-authorization"]: ${HEADER}`],
  ['origin.headers', { cookie: `a=${CANARY}` }, `origin.headers.cookie: ${HEADER}`],
  ['origin.headers', { 'X-Api-Key': CANARY }, `origin.headers["X-Api-Key"]: ${HEADER}`],
  ['origin.headers', { 'x-auth-token': [CANARY] }, `origin.headers["x-auth-token"]: ${HEADER}`],
  ['origin.headers', { 'x-harmless': `Basic ${CANARY}` }, `origin.headers["x-harmless"]: ${HEADER}`],
  ['origin.headers', { authorization: `Bearer env:${CANARY}` }, `origin.headers.authorization: ${HEADER}`],
  ['origin.url', `https://user:${CANARY}@10.0.0.5`, `origin.url: ${IN_URL}`],
  ['site.url', `https://${CANARY}@10.0.0.5`, `site.url: ${IN_URL}`],
  ['origin.password', CANARY, `origin.password: ${NO_FIELD}`],
  ['accessKeyId', CANARY, `accessKeyId: ${NO_FIELD}`],
  ['destinations.0.secretAccessKey', CANARY, `destinations[0].secretAccessKey: ${NO_FIELD}`],
  ['analytics', [{ use: 'pixel', apiToken: CANARY }], `analytics[0].apiToken: ${NO_FIELD}`],
  ['purge', [{ ...FASTLY, token: CANARY }], `purge[0].token: ${HEADER}`],
  [
    'environments',
    { staging: { origin: { headers: { cookie: CANARY } } } },
    `environments.staging.origin.headers.cookie: ${HEADER}`,
  ],
  ['environments', { staging: { site: { secret: CANARY } } }, `environments.staging.site.secret: ${NO_FIELD}`],
  [
    'origin',
    { url: 'http://10.0.0.5', token: CANARY, host: `${CANARY}/` },
    `origin.token: ${NO_FIELD}`,
    `origin.host: "…/" ${HOST}`,
  ],
];

function withField(field: string, value: unknown): unknown {
  const config: Record<string, unknown> = {
    site: { name: 'Example', url: 'https://www.example.org' },
    origin: { url: 'http://10.0.0.5' },
    lanes: [{ name: 'hot', paths: ['/'], every: '1m' }],
    destinations: [{ use: 'mirror', dir: 'mirror' }],
    gate: {},
    compose: {},
  };
  const keys = field.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce((inner, key) => inner[key] as Record<string, unknown>, config);
  parent[last] = value;
  return config;
}

async function refusalOf(config: unknown, env: NodeJS.ProcessEnv = {}) {
  const cwd = await mkdtemp(join(tmpdir(), 'holdfast-config-'));
  try {
    await writeFile(join(cwd, 'holdfast.config.json'), JSON.stringify(config));
    const error = await loadConfig({ cwd, env }).then(
      () => assert.unreachable('it was loaded'),
      (caught: unknown) => caught,
    );
    if (!isHoldfastError(error)) throw error;
    return error;
  } finally {
    await rm(cwd, { recursive: true });
  }
}

const test = suite('what a configuration is refused for');

for (const [field, value, ...lines] of BAD) {
  test(`${JSON.stringify(field)} with ${JSON.stringify(value) ?? 'nothing'} is one clear line`, async () => {
    const error = await refusalOf(withField(field, value));
    assert.equal(error.message.split('\n'), lines);
    assert.is(error.code, 'config-invalid');
    assert.is(error.exit, 2);
  });
}

for (const [field, value, ...lines] of SECRET) {
  test(`a secret in ${field} is refused and never printed: ${lines[0]}`, async () => {
    const error = await refusalOf(withField(field, value));
    assert.equal(error.message.split('\n'), lines);
    assert.is(error.code, 'config-secret');
    assert.is(error.exit, 2);
    assert.not.match(`${error.message}${error.hint}${error.stack}`, CANARY);
  });
}

test('every problem is told at once, a line each', async () => {
  const error = await refusalOf({
    site: { nmae: 'x', url: 5 },
    lanes: [{ name: 'A', path: ['/'], every: 1 }],
    colour: 1,
  });
  assert.equal(error.message.split('\n'), [
    'site.url: 5 is not text',
    'origin: is missing: an object with url, host, aliases, headers, allowPrivate, requestsPerSecond, concurrency, deadline, idle, maxPage, maxAsset',
    `lanes[0].name: "A" ${NAME}`,
    `lanes[0].every: 1 ${DURATION}`,
    'destinations: is missing: where releases go live',
    'site.nmae: unknown key; did you mean name?',
    'lanes[0].path: unknown key; did you mean paths?',
    `colour: ${TOP}`,
  ]);
});

test('a long value is cut, and a value never spans lines', async () => {
  const error = await refusalOf(withField('origin.deadline', `${'x'.repeat(200)}\n`));
  assert.is(error.message, `origin.deadline: "${'x'.repeat(59)}…" ${DURATION}`);
});

test.run();
