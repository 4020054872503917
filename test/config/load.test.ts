import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { HoldfastError } from '../../src/model/errors.ts';
import { suite } from '../support/suite.ts';

const MINIMAL = {
  site: { name: 'Example', url: 'https://www.example.org' },
  origin: { url: 'http://10.0.0.5' },
  lanes: [{ name: 'hot', paths: ['/'], every: '1m' }],
  destinations: [{ use: 'mirror', dir: 'mirror' }],
};

type Loading = { environment?: string; env?: NodeJS.ProcessEnv; path?: string };

async function inFolder<T>(files: Record<string, string>, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-config-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const load = (files: Record<string, string>, { env = {}, ...rest }: Loading = {}): Promise<LoadedConfig> =>
  inFolder(files, (cwd) => loadConfig({ cwd, env, ...rest }));

const loadObject = (config: object, loading: Loading = {}): Promise<LoadedConfig> =>
  load({ 'holdfast.config.json': JSON.stringify(config) }, loading);

async function refusal(loaded: Promise<LoadedConfig>): Promise<HoldfastError> {
  const error = await loaded.then(
    () => assert.unreachable('it was loaded'),
    (caught: unknown) => caught,
  );
  assert.instance(error, HoldfastError);
  assert.is((error as HoldfastError).exit, 2);
  return error as HoldfastError;
}

const test = suite('the configuration file');

for (const [name, text] of Object.entries({
  'holdfast.config.ts': `import { defineConfig, type HoldfastConfig } from 'holdfast';
    const config: HoldfastConfig = ${JSON.stringify(MINIMAL)};
    export default defineConfig(config);`,
  'holdfast.config.mjs': `import { defineConfig } from 'holdfast';\nexport default defineConfig(${JSON.stringify(MINIMAL)});`,
  'holdfast.config.js': `const { defineConfig } = require('holdfast');\nmodule.exports = defineConfig(${JSON.stringify(MINIMAL)});`,
  'holdfast.config.json': `\uFEFF${JSON.stringify(MINIMAL)}`,
})) {
  test(`${name} is found, loaded without an installed package beside it, and completed with defaults`, async () => {
    const { config, environment, root, path, stateDir, secrets } = await load({ [name]: text });
    assert.is(path, join(root, name));
    assert.is(stateDir, join(root, '.holdfast', 'production'));
    assert.is(environment, 'production');
    assert.equal(secrets, []);
    assert.is(config.lanes[0]?.every, 60_000);
    assert.is(config.lanes[0]?.limit, 5000);
    assert.is(config.origin.deadline, 20_000);
    assert.is(config.origin.maxPage, 10_000_000);
    assert.is(config.gate.maxKept, 86_400_000);
    assert.equal(config.destinations, [{ use: 'mirror', name: 'mirror', dir: 'mirror' }]);
  });
}

test('a typed file may import its neighbours', async () => {
  const { config } = await load({
    'lanes.ts': `export const lanes: object[] = [{ name: 'a', every: '2s', crawl: {} }];`,
    'holdfast.config.ts': `import { lanes } from './lanes.ts';\nexport default { ...${JSON.stringify(MINIMAL)}, lanes };`,
  });
  assert.equal(config.lanes, [{ name: 'a', every: 2000, crawl: { from: ['/'], depth: 64 }, exclude: [], limit: 5000 }]);
});

test('paths come out in the normal form of an address', async () => {
  const { config } = await loadObject({ ...MINIMAL, lanes: [{ name: 'a', every: '1m', paths: ['/café/', '/%7Ea'] }] });
  assert.equal(config.lanes[0]?.paths, ['/caf%C3%A9/', '/~a']);
});

test('--config names a file by another name, relative to where the command runs', async () => {
  const { path } = await load({ 'other.json': JSON.stringify(MINIMAL) }, { path: 'other.json' });
  assert.match(path, /\/other\.json$/);
});

test('no file, a file that is not there and two files are each one clear line', async () => {
  const none = await refusal(load({}));
  assert.is(none.code, 'config-missing');
  assert.match(none.message, /^there is no holdfast\.config\.ts, \.mjs, \.js or \.json in [^\n]+$/);
  const absent = await refusal(load({}, { path: 'nope.ts' }));
  assert.is(absent.code, 'config-missing');
  assert.is(absent.message, 'there is no configuration file nope.ts');
  const two = await refusal(load({ 'holdfast.config.ts': '', 'holdfast.config.json': '' }));
  assert.is(two.message, 'there are two configuration files here, holdfast.config.ts and holdfast.config.json');
});

test('an overlay merges objects, replaces lists and leaves the rest', async () => {
  const overlaid = {
    ...MINIMAL,
    gate: { minBytes: 100, maxShrink: 0.9 },
    environments: {
      staging: { gate: { minBytes: 5 }, lanes: [{ name: 'all', crawl: {}, every: '1h' }] },
      production: { retain: 9 },
    },
  };
  const staging = await loadObject(overlaid, { environment: 'staging' });
  assert.is(staging.environment, 'staging');
  assert.match(staging.stateDir, /\/\.holdfast\/staging$/);
  assert.is(staging.config.gate.minBytes, 5);
  assert.is(staging.config.gate.maxShrink, 0.9);
  assert.equal(
    staging.config.lanes.map((lane) => lane.name),
    ['all'],
  );
  assert.is(staging.config.retain, 5);
  assert.is((await loadObject(overlaid)).config.retain, 9);
});

test('an unknown environment is refused with those there are', async () => {
  const error = await refusal(
    loadObject({ ...MINIMAL, environments: { staging: {}, test: {} } }, { environment: 'stagin' }),
  );
  assert.is(error.message, 'there is no environment "stagin": there is production, staging, test');
});

test('a mistake in an overlay is named where it was written', async () => {
  const environments = { staging: { retain: 1, lanes: [{ name: 'x', paths: ['/'] }], site: { language: '' } } };
  const error = await refusal(loadObject({ ...MINIMAL, environments }, { environment: 'staging' }));
  assert.equal(error.message.split('\n'), [
    'environments.staging.site.language: "" is not a language, such as en or pt-BR',
    'environments.staging.lanes[0].every: is missing: interval between looks',
    'environments.staging.retain: 1 is less than 2',
  ]);
});

const SYNTAX: readonly [file: string, text: string, line: string][] = [
  ['a.json', '{\n  "site": tru\n}', 'a.json does not load: line 2, column 11: a value is expected'],
  ['a.json', '{"a": 1,}', 'a.json does not load: line 1, column 9: a key in double quotes is expected'],
  ['a.json', '{"a" 1}', 'a.json does not load: line 1, column 6: a colon is expected'],
  ['a.json', '{"a": 1 "b": 2}', 'a.json does not load: line 1, column 9: a comma or } is expected'],
  ['a.json', '[1 2]', 'a.json does not load: line 1, column 4: a comma or ] is expected'],
  ['a.json', '{"a": "x\ny"}', 'a.json does not load: line 1, column 7: a value is expected'],
  ['a.json', '{} {}', 'a.json does not load: line 1, column 4: the end of the file is expected'],
  ['a.json', '', 'a.json does not load: line 1, column 1: a value is expected'],
  ['a.json', '[]', 'a.json does not load: it does not hold an object'],
  [
    'a.ts',
    'export default {\n  a: 1\n  b: 2 }',
    'a.ts does not load: ParseError: Unexpected token, expected "," (line 3, column 3)',
  ],
  [
    'a.ts',
    'export const config = {};',
    'a.ts does not load: it has no default export: write `export default defineConfig({ … })`',
  ],
  ['a.ts', 'throw new Error("one\\ntwo");', 'a.ts does not load: one'],
  ['a.ts', 'import "./nope.ts"; export default {}', "a.ts does not load: Cannot find module './nope.ts'"],
  ['a.mjs', 'export default () => ({})', 'a.mjs does not load: it does not hold an object'],
];

for (const [file, text, line] of SYNTAX) {
  test(`a file that does not load is one line: ${JSON.stringify(text)}`, async () => {
    const error = await refusal(load({ [file]: text }, { path: file }));
    assert.is(error.code, 'config-unreadable');
    assert.is(error.message, line);
  });
}

test('a syntax error never quotes the text around it', async () => {
  const error = await refusal(load({ 'holdfast.config.json': '{"password": "canary-7731" x}' }));
  assert.not.match(`${error.message} ${error.hint}`, 'canary');
});

test.run();
