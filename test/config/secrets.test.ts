import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { inlineSecrets, resolveHeaders } from '../../src/config/secrets.ts';
import { suite } from '../support/suite.ts';

const CANARY = 'canary-4411-secret';

async function resolved(headers: Record<string, string>, env: NodeJS.ProcessEnv, files: Record<string, string> = {}) {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-secrets-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text);
    return await resolveHeaders(headers, root, env);
  } finally {
    await rm(root, { recursive: true });
  }
}

const test = suite('secrets by reference');

test('env: and file: are read into the headers, without their last newline, and known for redaction', async () => {
  const written = { authorization: 'env:TOKEN', 'x-api-key': 'file:key.txt', accept: 'text/html' };
  const { headers, secrets, problems } = await resolved(
    written,
    { TOKEN: `Bearer ${CANARY}` },
    { 'key.txt': 'abcdefgh12\n' },
  );
  assert.equal(headers, { authorization: `Bearer ${CANARY}`, 'x-api-key': 'abcdefgh12', accept: 'text/html' });
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
    const { problems } = await resolved({ cookie: reference }, env, { 'blank.txt': '\n' });
    assert.equal(problems, [{ path: ['origin', 'headers', 'cookie'], text }]);
  });
}

test('what only looks like a secret is left alone', () => {
  const config = {
    origin: { headers: { 'x-author': 'Jane', 'cache-control': 'no-cache', authorization: 'env:A' } },
    gate: { mustNotContain: ['mail jane@example.org', 'http://example.org/@jane'] },
    environments: { tokens: {} },
  };
  assert.equal(inlineSecrets(config), []);
});

test.run();
