import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { configSchema } from '../../src/config/schema.ts';
import { inlineSecrets, resolveSecrets, type SecretPart } from '../../src/config/secrets.ts';
import { suite } from '../support/suite.ts';

const CANARY = 'canary-4411-secret';

interface Written {
  readonly headers?: Record<string, string>;
  readonly purge?: unknown[];
  readonly inbox?: unknown;
  readonly parts?: readonly SecretPart[];
}

async function resolved(
  { headers = {}, purge = [], inbox, parts = ['origin', 'purge', 'inbox'] }: Written,
  env: NodeJS.ProcessEnv,
  files: Record<string, string> = {},
) {
  const config = configSchema.parse({
    site: { name: 'Example', url: 'https://www.example.org' },
    origin: { url: 'http://10.0.0.5', headers },
    lanes: [{ name: 'hot', every: '1m', paths: ['/'] }],
    destinations: [{ use: 'mirror', dir: 'www' }],
    purge,
    ...(inbox === undefined ? {} : { inbox }),
  });
  const root = await mkdtemp(join(tmpdir(), 'holdfast-secrets-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text);
    return await resolveSecrets(config, { root, env, parts });
  } finally {
    await rm(root, { recursive: true });
  }
}

const test = suite('secrets by reference');

test('env: and file: are read into the headers, without their last newline, and known for redaction', async () => {
  const written = { authorization: 'env:TOKEN', 'x-api-key': 'file:key.txt', 'x-plain': 'text' };
  const { value, secrets, problems } = await resolved(
    { headers: written },
    { TOKEN: `Bearer ${CANARY}` },
    { 'key.txt': 'abcdefgh12\n' },
  );
  assert.equal(value.origin.headers, {
    authorization: `Bearer ${CANARY}`,
    'x-api-key': 'abcdefgh12',
    'x-plain': 'text',
  });
  assert.equal(secrets, [`Bearer ${CANARY}`, CANARY, 'abcdefgh12']);
  assert.equal(problems, []);
});

const EMPTY: readonly [reference: string, text: string][] = [
  ['env:ABSENT', '"env:ABSENT" is an environment variable that is not set'],
  ['env:BLANK', '"env:BLANK" is an environment variable that is empty'],
  ['env:not a name', '"env:not a name" does not name an environment variable'],
  ['env:MANY', '"env:MANY" holds what cannot be a header value: it must be one line of text'],
  ['file:absent.txt', '"file:absent.txt" is a file that cannot be read (ENOENT)'],
  ['file:.', '"file:." is a file that cannot be read (EISDIR)'],
  ['file:blank.txt', '"file:blank.txt" is a file that is empty'],
];

for (const [reference, text] of EMPTY) {
  test(`${reference} is refused by its name, never by its value`, async () => {
    const env = { BLANK: ' ', MANY: `a\n${CANARY}` };
    const { problems } = await resolved({ headers: { 'x-key': reference } }, env, { 'blank.txt': '\n' });
    assert.equal(problems, [{ path: ['origin', 'headers', 'x-key'], text }]);
  });
}

const CACHES = [
  { use: 'cloudflare', zone: '0123456789abcdef0123456789abcdef', token: 'env:CF' },
  { use: 'fastly', service: 'SU1Z0isxPaozGVKXdv0eY', token: 'file:fastly.txt' },
  { use: 'http', url: 'http://127.0.0.1:6081', headers: { authorization: 'env:AUTH', 'x-purge': 'yes' } },
];

test('tokens and headers of caches are read too, and every other word of theirs stays', async () => {
  const env = { CF: 'cf-token-1234', AUTH: `Basic ${CANARY}` };
  const { value, secrets, problems } = await resolved({ purge: CACHES }, env, { 'fastly.txt': 'fastly-token\n' });
  const [cloudflare, fastly, http] = value.purge;
  assert.is(cloudflare?.use === 'cloudflare' && cloudflare.token, 'cf-token-1234');
  assert.is(fastly?.use === 'fastly' && fastly.token, 'fastly-token');
  assert.is(fastly?.use === 'fastly' && fastly.service, 'SU1Z0isxPaozGVKXdv0eY');
  assert.equal(http?.use === 'http' && http.headers, { authorization: `Basic ${CANARY}`, 'x-purge': 'yes' });
  assert.equal([...secrets].sort(), [`Basic ${CANARY}`, CANARY, 'cf-token-1234', 'fastly-token'].sort());
  assert.equal(problems, []);
});

test('a token that is nowhere to be read is a problem at its place', async () => {
  const { problems } = await resolved({ purge: CACHES }, {});
  assert.equal(
    problems.map(({ path }) => path),
    [
      ['purge', 0, 'token'],
      ['purge', 1, 'token'],
      ['purge', 2, 'headers', 'authorization'],
    ],
  );
});

test('a token in the file is found wherever its cache stands', () => {
  const purge = [
    { use: 'cloudflare', token: CANARY },
    { use: 'http', headers: { authorization: CANARY, 'x-one': `Bearer ${CANARY}` } },
  ];
  const paths = (config: object) => inlineSecrets(config).map(({ path }) => path.join('.'));
  assert.equal(paths({ purge }), ['purge.0.token', 'purge.1.headers.authorization', 'purge.1.headers.x-one']);
  assert.equal(paths({ environments: { staging: { purge } } })[0], 'environments.staging.purge.0.token');
  assert.equal(paths({ purge: [{ secretKey: 'x' }], origin: { token: 'env:A' } }), [
    'purge.0.secretKey',
    'origin.token',
  ]);
});

const INBOX = { replay: { user: 'editor', password: 'env:WP', identity: 'file:age.txt' } };
const KEY_FILE = `# created: 2026-11-27\n# public key: age1x\n${CANARY}\n`;

test('the inbox has credentials of its own, which only those verbs read that deliver or open submissions', async () => {
  const env = { WP: 'abcd efgh ijkl', AUTH: 'Basic eHl6enk=' };
  const written = { headers: { authorization: 'env:AUTH', 'x-plain': 'text' }, purge: CACHES, inbox: INBOX };
  const all = await resolved({ ...written, parts: ['origin', 'inbox'] }, env, { 'age.txt': KEY_FILE });
  assert.equal(all.value.inbox?.replay.password, 'abcd efgh ijkl');
  assert.equal(all.value.inbox?.replay.identity, CANARY, 'without the comments of a key file');
  const none = await resolved({ ...written, parts: [] }, {});
  assert.equal(none.problems, [], 'the service runs without any credential in its environment');
  assert.equal(none.value.origin.headers, { 'x-plain': 'text' }, 'and sends no reference in place of one');
  assert.equal(none.value.inbox?.replay.password, 'env:WP');
  assert.equal(none.secrets, []);
});

test('a password or key of the inbox in the file is found, and one elsewhere is no field', () => {
  const inbox = { replay: { password: CANARY, identity: CANARY, user: 'editor' } };
  const paths = inlineSecrets({ inbox, environments: { staging: { inbox } } }).map(({ path }) => path.join('.'));
  assert.equal(paths.slice(0, 2), ['inbox.replay.password', 'inbox.replay.identity']);
  assert.is(paths.length, 4);
  assert.equal(inlineSecrets({ inbox: INBOX }), []);
});

test('what only looks like a secret is left alone', () => {
  const config = {
    origin: { headers: { 'x-author': 'Jane', 'cache-control': 'no-cache', authorization: 'env:A' } },
    gate: { mustNotContain: ['mail jane@example.org', 'http://example.org/@jane'] },
    environments: { tokens: {} },
    purge: CACHES,
    headers: [{ for: '/**', set: { 'x-frame-options': 'DENY' } }],
  };
  assert.equal(inlineSecrets(config), []);
});

test.run();
