import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Where Node finds the packages that the bundles import. */
const CACHE = join(ROOT, 'node_modules/.cache');
const SRC = join(ROOT, 'src/');

/** Test files as plain JavaScript, each in one file of its own. */
export interface Bundles {
  /** What Node is to run for a test file; `path` is relative to the folder they were bundled for. */
  argumentsFor(path: string): readonly string[];
  /** Removes them; the end of the process does so too. */
  close(): void;
}

/**
 * Bundles test files with all they import but packages. Compiled as it is loaded, a small file takes three times as long to
 * start, and each program that a large one starts costs twice as much, since the process that is copied for it is larger.
 * Rejects with what is wrong, file and line, where one does not compile or imports what is not there.
 */
export async function bundleTests(root: string, paths: readonly string[]): Promise<Bundles> {
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, 'tests-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const close = () => {
    process.off('exit', remove);
    remove();
  };
  try {
    await build({
      ...{ entryPoints: paths.map((path) => join(root, path)), outbase: root, outdir: folder },
      ...{ bundle: true, format: 'esm', platform: 'node', target: 'node20.19', packages: 'external' },
      ...{ sourcemap: 'linked', sourcesContent: false, logLevel: 'silent' },
      define: { 'import.meta.url': 'urlOfModule' },
      plugins: [byAddress, whereItIs],
    });
  } catch (error) {
    close();
    throw error;
  }
  const argumentsFor = (path: string) => ['--enable-source-maps', join(folder, path.replace(/\.ts$/, '.js'))];
  return { argumentsFor, close };
}

const byAddress: Plugin = {
  name: 'modules named by their address',
  setup: ({ onResolve }) => onResolve({ filter: /^file:.*\.ts$/ }, ({ path }) => ({ path: fileURLToPath(path) })),
};

/** A module of a test finds its neighbours from where it lies; one of src/ from where it was built, since what it starts is JavaScript too. */
const whereItIs: Plugin = {
  name: 'where a module is',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const place = path.startsWith(SRC) ? join(ROOT, 'dist', relative(SRC, path)).replace(/\.ts$/, '.js') : path;
      const address = JSON.stringify(pathToFileURL(place).href);
      return { contents: `const urlOfModule = ${address}; ${await readFile(path, 'utf8')}`, loader: 'ts' };
    }),
};
