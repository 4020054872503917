import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { describeConfig } from '../src/config/describe.ts';
import { loadConfig } from '../src/config/load.ts';
import { ERRORS, EXIT } from '../src/model/errors.ts';
import { suite } from './support/suite.ts';

// `UPDATE_DOCS=1 npx tsx test/readme.test.ts` writes the tables anew.
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MOST_LINES = 150;

const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [row(...head), `|${head.map(() => '---|').join('')}`, ...rows.map((cells) => row(...cells))].join('\n');
}

const code = (text: string): string => `\`${text}\``;
const defaultCell = (text: string): string => (text === 'required' || text === 'none' ? text : code(text));

const TABLES: readonly [file: string, marker: string, text: string][] = [
  [
    'docs/configuration.md',
    'config',
    table(
      ['field', 'type', 'default', 'what it says'],
      describeConfig().map((field) => [code(field.field), field.type, defaultCell(field.default), field.doc]),
    ),
  ],
  [
    'README.md',
    'exit',
    table(
      ['exit', 'means'],
      Object.values(EXIT).map((exit) => [exit.code, exit.means]),
    ),
  ],
  [
    'docs/errors.md',
    'errors',
    table(
      ['code', 'stage', 'exit', 'again', 'means'],
      Object.entries(ERRORS).map(([name, error]) => [
        code(name),
        error.stage,
        EXIT[error.exit].code,
        error.retryable ? 'yes' : 'no',
        error.means,
      ]),
    ),
  ],
];

function parts(document: string, marker: string): [before: string, between: string, after: string] {
  const [begin, end] = [`<!-- ${marker}:begin -->\n`, `<!-- ${marker}:end -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  assert.ok(from >= 0 && to > from, `the markers of ${marker} are there`);
  return [document.slice(0, from + begin.length), document.slice(from + begin.length, to), document.slice(to)];
}

const readme = (): Promise<string> => readFile(join(ROOT, 'README.md'), 'utf8');

const test = suite('the README and the tables of docs/');

for (const [file, marker, text] of TABLES) {
  test(`the table ${marker} of ${file} says what the source says`, async () => {
    const document = await readFile(join(ROOT, file), 'utf8');
    const [before, between, after] = parts(document, marker);
    if (process.env['UPDATE_DOCS'] === '1') await writeFile(join(ROOT, file), `${before}${text}\n${after}`);
    else assert.is(between, `${text}\n`, 'UPDATE_DOCS=1 writes it anew');
  });
}

test(`it is shorter than ${MOST_LINES} lines`, async () => {
  const lines = (await readme()).trimEnd().split('\n').length;
  assert.ok(lines < MOST_LINES, `${lines} lines`);
});

test('every file it points to is there', async () => {
  const text = await readme();
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] ?? '');
  const named = [...text.matchAll(/`((?:publish|docs|test)\/[^`]+)`/g)].map((match) => match[1] ?? '');
  assert.ok(links.length >= 4 && named.length >= 1);
  for (const path of [...links, ...named]) assert.ok(existsSync(join(ROOT, path)), path);
});

test('the commands it begins with are those of package.json', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const text = await readme();
  for (const name of ['start', 'test']) {
    assert.ok(scripts[name] !== undefined && text.includes(`npm ci && npm ${name}`), name);
  }
});

test('its verbs are those of the command line, all of them and no other', async () => {
  const main = await readFile(join(ROOT, 'src/cli/program.ts'), 'utf8');
  const built = [...main.matchAll(/(?:verb\(program, |\.command\()'([a-z]+)'/g)].map((match) => match[1] ?? '');
  const rows = (await readme()).split('\n').filter((line) => /^\| `[a-z]+/.test(line) && line.split('|').length === 4);
  const told = rows.flatMap((line) =>
    [...(line.split('|')[1] ?? '').matchAll(/`([a-z]+)/g)].map((match) => match[1] ?? ''),
  );
  assert.ok(built.length >= 6);
  assert.equal(told.sort(), built.sort());
});

test('its example configuration loads, in each of its environments', async () => {
  const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(await readme()) ?? [];
  const cwd = await mkdtemp(join(tmpdir(), 'holdfast-readme-'));
  try {
    await writeFile(join(cwd, 'holdfast.config.ts'), example);
    const env = { ORIGIN_AUTH: 'Basic YTpiYzEyMw==' };
    const production = await loadConfig({ cwd, env });
    assert.equal(production.config.origin.headers, { authorization: env.ORIGIN_AUTH });
    const staging = await loadConfig({ cwd, env, environment: 'staging' });
    const [mirror] = staging.config.destinations;
    assert.is(mirror?.use === 'mirror' && mirror.dir, './staging');
  } finally {
    await rm(cwd, { recursive: true });
  }
});

test.run();
