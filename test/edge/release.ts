import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type ReleaseView, viewRelease } from '../../src/edge/view.ts';
import type { Manifest, RedirectStatus, ReleaseFile } from '../../src/model/manifest.ts';
import { markerOf } from '../../src/model/marker.ts';
import type { PublishedHolding } from '../../src/render/holding-jobs.ts';

export const PAGE = `<!doctype html><title>a page</title>${'<p>text</p>'.repeat(50)}</html>`;
/** A name that fits into no table of names; its end is in two letters' middle. */
export const LONG = `a-name-of-many-words-which-${'é'.repeat(20)}-goes-on`;
const titled = (title: string): string => PAGE.replace('a page', title);

/** Status, Retry-After and words of each. */
export const HOLDING: readonly PublishedHolding[] = (
  [
    ['busy', 503, 60],
    ['launch', 200, null],
    ['maintenance', 503, 600],
    ['not-kept', 503, 120],
  ] as const
).map(([name, status, retryAfter]) => ({
  name,
  path: `_holdfast/holding/${name}.html`,
  status,
  retryAfter,
  refresh: 20,
  html: Buffer.from(titled(`holding ${name}`)),
}));

/** The release that edges serve in tests, by path. */
/** What leads elsewhere, by the file of its small page: the status and where to. `pinned` leads on to what has signs that no server is told of. */
export const REDIRECTS: Readonly<Record<string, readonly [RedirectStatus, string]>> = {
  'old/index.html': [301, 'https://www.example.org/a/'],
  'old/page.html': [302, 'https://other.example/x?a=1&b=(2)#c'],
  [`${LONG}/index.html`]: [308, 'https://www.example.org/long/'],
  [`other/${LONG}/index.html`]: [307, 'https://www.example.org/other/'],
  'Mixed/index.html': [301, 'https://www.example.org/mixed/'],
  'pinned/index.html': [301, 'https://www.example.org/?$a={b}'],
};

export const FILES: Readonly<Record<string, string>> = {
  'index.html': titled('front'),
  '404.html': titled('not found'),
  'a/index.html': PAGE,
  'a/b/index.html': titled('below'),
  'café/index.html': PAGE,
  'forum/index.html': titled('an old forum'),
  'feed/index.xml': '<?xml version="1.0"?><rss version="2.0"></rss>',
  'mixed/index.html': titled('mixed'),
  ...Object.fromEntries(Object.keys(REDIRECTS).map((path) => [path, titled(`moved ${path}`)])),
  'wp-json/index.json': '{"name":"Example"}',
  'robots.txt': 'User-agent: *\nAllow: /\n',
  'style.css': 'body{color:red}'.repeat(50),
  'module.mjs': 'export const a = 1;',
  'site.webmanifest': '{}',
  '.well-known/security.txt': 'Contact: mailto:a@example.org',
  '.hidden': 'secret',
  'a/.git/config': 'secret',
  '_holdfast/pixel.gif': 'GIF89a',
  '_holdfast/origin.json': '{"state":"up"}',
  ...Object.fromEntries(HOLDING.map(({ path, html }) => [path, html.toString()])),
};

const EMPTY_MANIFEST = {
  format: 1,
  site: '',
  environment: '',
  lineage: '',
  id: 'R1',
  parent: null,
  created: '',
} as const;
/** The same as it is published. */
export const MANIFEST: Manifest = {
  ...EMPTY_MANIFEST,
  files: Object.keys(FILES).map((path) => ({
    path,
    kind: path.endsWith('.html') ? ('page' as const) : ('asset' as const),
    type: '',
    headers: {},
    sha256: '',
    size: 1,
    variants: {},
    ...movedTo(path),
  })),
};

function movedTo(path: string): Partial<ReleaseFile> {
  const [status, location] = REDIRECTS[path] ?? [];
  return status === undefined || location === undefined ? {} : { kind: 'redirect', status, headers: { location } };
}

/** The same as the decision table sees it. */
export const RELEASE: ReleaseView = viewRelease(MANIFEST, HOLDING);

/** Puts it into `dir` in a mirror's shape, with what was compressed before; `current` is a link, as there. */
export async function writeMirror(dir: string): Promise<void> {
  for (const [path, text] of Object.entries(FILES)) {
    const file = join(dir, 'trees/one', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    if (/\.(html|css)$/.test(path)) await writeFile(`${file}.gz`, gzipSync(text));
  }
  for (const file of MANIFEST.files) {
    const marker = markerOf(file);
    if (marker !== undefined) await writeFile(join(dir, 'trees/one', marker), '');
  }
  await symlink('trees/one', join(dir, 'current'));
  await mkdir(join(dir, '_holdfast/hold'), { recursive: true });
  await chmod(dir, 0o755);
}

/** Puts visitors on a holding page, or takes them off it, as `holdfast hold` does. */
export async function setHold(dir: string, name: string | undefined): Promise<void> {
  const folder = join(dir, '_holdfast/hold');
  await rm(folder, { recursive: true });
  await mkdir(folder);
  if (name === undefined) return;
  await writeFile(join(folder, name), '');
  await writeFile(join(folder, 'on'), '');
}
