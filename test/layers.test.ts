import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { importsOf } from './support/imports.ts';
import { breachesOf, type LayerRules, type Sources } from './support/layers.ts';
import { suite } from './support/suite.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const dependencies = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};

const RULES: LayerRules = {
  floors: [
    ['model', 'version'],
    ['config'],
    ['store', 'origin'],
    ['snapshot', 'render', 'release', 'publish', 'edge', 'inbox'],
    ['cycle'],
    ['pipeline'],
    ['run', 'preview', 'check', 'report'],
    ['cli'],
  ],
  loose: new Map([
    ['pipeline.ts', 'pipeline'],
    ['version.ts', 'version'],
  ]),
  front: 'index.ts',
  drivers: new Map([
    ['@11ty/eleventy', 'render/'],
    ['node-fetch', 'origin/'],
    ['p-queue', 'origin/'],
    ['nunjucks', 'render/'],
    ['sanitize-html', 'render/'],
    ['jiti', 'config/'],
    ['@aws-sdk/client-cloudfront', 'publish/'],
    ['@aws-sdk/client-s3', 'publish/'],
    ['commander', 'cli/'],
    ['croner', 'config/'],
    ['pino', 'run/'],
    ['prom-client', 'run/'],
    ['age-encryption', 'inbox/'],
  ]),
  packages: Object.keys(dependencies.dependencies),
  mouth: 'cli/main.ts',
  children: ['render/eleventy.ts', 'snapshot/values/runner.ts'],
};

function sourcesOf(folder: string): Sources {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((file) => [relative(folder, file), readFileSync(file, 'utf8')]));
}

/** Breaches of a made-up house: each line is 'file: source'; files only imported are empty. */
function breachesIn(lines: readonly string[], more: readonly string[] = []): string[] {
  const named = lines.map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)] as const);
  return breachesOf(new Map([...more.map((file) => [file, ''] as const), ...named]), {
    ...RULES,
    packages: ['commander', 'zod', '@aws-sdk/client-cloudfront', '@aws-sdk/client-s3'],
  });
}

const test = suite('the floors of the house');

test('the sources keep to their floors, their drivers, and say nothing out of turn', () => {
  const sources = sourcesOf(join(ROOT, 'src'));
  assert.ok(sources.has('model/errors.ts'), 'the sources were read');
  assert.equal(breachesOf(sources, RULES), []);
});

const allowed: [name: string, lines: string[], more?: string[]][] = [
  ['a lower floor', [`render/a.ts: import { b } from '../model/b.ts';`], ['model/b.ts']],
  ['the same room', [`render/a.ts: import { b } from './b/c.ts';`], ['render/b/c.ts']],
  ['a verb on a stage', [`cli/a.ts: import { b } from '../snapshot/b.ts';`], ['snapshot/b.ts']],
  ['the front on everything', [`index.ts: export { b } from './cli/b.ts';`], ['cli/b.ts']],
  [
    'words in strings',
    [`cli/a.ts: const a = "import x from '../index.ts'"; /* import '../index.ts' */ // import '../index.ts'`],
    ['index.ts'],
  ],
  [
    'words in templates',
    [`render/a.ts: const a = \`import x from '../cli/b.ts'; \${f(\`console.log\`)} process.exit\`;`],
    ['cli/b.ts'],
  ],
  ['a property called console', [`render/a.ts: page.console.log; const b = /console.log('/; logger.process.exit();`]],
  ['the main file speaking', [`cli/main.ts: process.stdout.write('a'); process.exit(1); console.log(2)`]],
  ['the environment', [`config/a.ts: process.env['A']`]],
  ['the pipeline its steps', [`pipeline.ts: import './cycle/a.ts';`], ['cycle/a.ts']],
  ['a child process ending itself', [`render/eleventy.ts: process.exit();`]],
  ['one driver', [`cli/main.ts: import { a } from 'commander';`]],
  [
    'one driver for each package of a vendor',
    [
      `publish/a.ts: import '@aws-sdk/client-s3';`,
      `publish/b.ts: import type { A } from '@aws-sdk/client-cloudfront'; await import('@aws-sdk/client-cloudfront');`,
    ],
  ],
];

for (const [name, lines, more] of allowed) {
  test(`allows ${name}`, () => assert.equal(breachesIn(lines, more), []));
}

const forbidden: [name: string, lines: string[], more: string[], says: RegExp][] = [
  [
    'a floor above',
    [`model/a.ts: import { b } from '../config/b.ts';`],
    ['config/b.ts'],
    /model\/a.ts imports config\/b.ts, which is on a floor above/,
  ],
  ['a sibling stage', [`render/a.ts: import { b } from '../snapshot/b.ts';`], ['snapshot/b.ts'], /a peer/],
  ['store and origin meeting', [`origin/a.ts: import '../store/b.ts';`], ['store/b.ts'], /a peer/],
  ['run and check meeting', [`run/a.ts: import '../check/b.ts';`], ['check/b.ts'], /a peer/],
  ['a type from above', [`model/a.ts: import type { B } from '../cli/b.ts';`], ['cli/b.ts'], /floor above/],
  ['an inline type from above', [`model/a.ts: let b: import('../cli/b.ts').B;`], ['cli/b.ts'], /floor above/],
  ['a dynamic import from above', [`model/a.ts: const b = await import('../cli/b.ts');`], ['cli/b.ts'], /floor above/],
  ['a re-export from above', [`model/a.ts: export * from '../cli/b.ts';`], ['cli/b.ts'], /floor above/],
  [
    'an import over lines',
    [`model/a.ts: import {\n  b, // from 'x'\n} from "../cli/b.ts";`],
    ['cli/b.ts'],
    /floor above/,
  ],
  [
    'an import after a regular expression',
    [`model/a.ts: const q = /['"\`]/g; import '../cli/b.ts';`],
    ['cli/b.ts'],
    /floor above/,
  ],
  [
    'an import inside a template',
    [`model/a.ts: \`a \${{ b: await import('../cli/b.ts') }} c\`;`],
    ['cli/b.ts'],
    /floor above/,
  ],
  ['importing the front', [`cli/a.ts: import '../index.ts';`], ['index.ts'], /which nobody may/],
  ['a stage on the pipeline', [`render/a.ts: import '../pipeline.ts';`], ['pipeline.ts'], /floor above/],
  ['a loose file', [], ['helpers.ts'], /helpers.ts is in no room/],
  ['a child process printing', [`render/eleventy.ts: console.log()`], [], /uses console.log/],
  ['a room without a floor', [], ['utils/a.ts'], /utils\/a.ts is in no room/],
  ['a file that is not there', [`cli/a.ts: import '../cli/b.ts';`], [], /not there/],
  ['a file outside src', [`cli/a.ts: import '../../test/b.ts';`], [], /not there/],
  [
    'a cycle',
    [`model/a.ts: import './b.ts';`, `model/b.ts: import type { C } from './c.ts';`, `model/c.ts: import './a.ts';`],
    [],
    /a cycle: model\/a.ts -> model\/b.ts -> model\/c.ts -> model\/a.ts/,
  ],
  [
    'two drivers of a package',
    [`publish/a.ts: import '@aws-sdk/client-s3';`, `publish/b.ts: import type { S } from '@aws-sdk/client-s3/dist';`],
    [],
    /@aws-sdk\/client-s3 is imported by 2 files/,
  ],
  [
    'a second driver that loads its package late',
    [`publish/a.ts: import '@aws-sdk/client-s3';`, `publish/b.ts: const s = await import('@aws-sdk/client-s3');`],
    [],
    /@aws-sdk\/client-s3 is imported by 2 files/,
  ],
  ['a vendor in the wrong room', [`run/a.ts: import 'commander';`], [], /belongs in cli/],
  ['a package that is no dependency', [`run/a.ts: import 'left-pad/x';`], [], /left-pad\/x, which is not a dependency/],
  ['console', [`cli/a.ts: if (a) console.error('a');`], [], /uses console.error/],
  ['exit', [`run/a.ts: process\n  .exit(1)`], [], /uses process.exit/],
  ['standard output in a template', [`run/a.ts: \`\${process.stdout.columns}\``], [], /uses process.stdout/],
  ['the process by its module', [`run/a.ts: import { exit } from 'node:process';`], [], /uses node:process/],
];

for (const [name, lines, more, says] of forbidden) {
  test(`forbids ${name}`, () => assert.match(breachesIn(lines, more).join('\n'), says));
}

test('imports are found wherever they stand, each once', () => {
  const source = `import a, { type B } from './a.ts';\nexport type { C } from "./c.ts"; import './a.ts';
    const d = Array.from('./no.ts'), e = x / 2, f = 'y' / await import('./f.ts');`;
  assert.equal(importsOf(source), ['./a.ts', './c.ts', './f.ts']);
});

test.run();
