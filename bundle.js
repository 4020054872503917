// Puts the command line, the digest thread and the child that runs Eleventy, as `tsc` made them in dist/, into a few files each:
// Node takes about a millisecond to find, read and link a module, and a run of 320 of them did little else when nothing was due.
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const DIST = fileURLToPath(new URL('dist/', import.meta.url));
/** Packages that every run loads; the others are large, or find files of their own beside themselves. */
const TAKEN_IN = /^(?:zod|commander|picomatch|node-fetch|p-queue)(?:\/|$)/;
/** Parts are one folder deep in dist/, as both entries are, so that one relative path leads from any of them. */
const PARTS = 'cli/part-[hash]';

const outside = {
  name: 'other packages stay outside',
  setup({ onResolve }) {
    // Of a package that is taken in all is.
    onResolve({ filter: /^[^./]/ }, ({ path, importer }) =>
      importer.includes('node_modules') || TAKEN_IN.test(path) ? undefined : { path, external: true },
    );
  },
};

const whereItWas = {
  name: 'a module finds its neighbours from where it was',
  setup({ onLoad }) {
    onLoad({ filter: /dist[\\/].*\.js$/ }, async ({ path }) => {
      const from = JSON.stringify(`../${relative(DIST, path).split(sep).join('/')}`);
      const text = await readFile(path, 'utf8');
      return { contents: text.replaceAll('import.meta.url', `new URL(${from}, import.meta.url).href`), loader: 'js' };
    });
  },
};

/** Eleventy's own folder, where its entry is. */
const ELEVENTY = dirname(fileURLToPath(import.meta.resolve('@11ty/eleventy')));

const eleventyInside = {
  name: 'Eleventy and all that it needs, but what serves and watches',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:@11ty\/eleventy-dev-server|@11ty\/chokidar-with-glob-support)$/ }, ({ path }) => ({
      path,
      external: true,
    }));
    onLoad({ filter: /@11ty[\\/]eleventy[\\/]src[\\/].*\.js$/ }, async ({ path }) => {
      const from = JSON.stringify(`./${relative(ELEVENTY, path).split(sep).join('/')}`);
      const text = await readFile(path, 'utf8');
      const url = `new URL(${from}, import.meta.resolve('@11ty/eleventy')).href`;
      return { contents: text.replaceAll('import.meta.url', url), loader: 'js' };
    });
    onLoad({ filter: /dist[\\/]render[\\/]eleventy\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text.replace(/\bimport\(\w+\(bus\.href\)\)/, `import(${JSON.stringify(`${ELEVENTY}/EventBus.js`)})`);
      if (contents === text) throw new Error(`${path} does not import Eleventy's bus as this file expects`);
      return { contents, loader: 'js' };
    });
  },
};

const common = {
  outbase: DIST,
  outdir: DIST,
  allowOverwrite: true,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  logLevel: 'warning',
  banner: { js: "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);" },
};

for (const folder of ['cli', 'render'])
  for (const name of await readdir(DIST + folder)) if (name.startsWith('part-')) await rm(`${DIST}${folder}/${name}`);
await build({
  ...common,
  entryPoints: [`${DIST}cli/main.js`, `${DIST}snapshot/digest-thread.js`],
  chunkNames: PARTS,
  plugins: [outside, whereItWas],
});
await build({
  ...common,
  entryPoints: [`${DIST}render/eleventy.js`],
  chunkNames: 'render/part-[hash]',
  plugins: [eleventyInside],
});
