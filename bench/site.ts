import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const WORDS =
  'wood bench plane grain steel river morning lamp harbour paper small slow careful bright winter copper thread table window letter garden stone quiet measure north ink engine bread field salt map winding hour'.split(
    ' ',
  );

/** A small generator with a seed, so that every run measures the same pages (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Writes a site of `count` pages of about 20 KB as a blog has them: a menu, 8 stylesheets and scripts, 5 pictures with `srcset`,
 * 60 links to other pages, and text. Served as files, each page has an ETag.
 */
export async function writeSite(dir: string, count: number): Promise<void> {
  await writeAssets(dir);
  for (let from = 0; from < count; from += 200) {
    await Promise.all(
      Array.from({ length: Math.min(200, count - from) }, (_, index) => writePage(dir, from + index, count)),
    );
  }
  const urls = Array.from({ length: count }, (_, index) => `<url><loc>/p/${index}/</loc></url>`).join('');
  await writeFile(
    join(dir, 'sitemap.xml'),
    `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls}</urlset>`,
  );
  await writeFile(join(dir, 'index.html'), pageHtml(0, count, ''));
}

/** Writes one page; `edit` makes its bytes, and so its ETag, differ. */
export async function writePage(dir: string, index: number, count: number, edit = ''): Promise<void> {
  await mkdir(join(dir, `p/${index}`), { recursive: true });
  await writeFile(join(dir, `p/${index}/index.html`), pageHtml(index, count, edit));
}

async function writeAssets(dir: string): Promise<void> {
  await mkdir(join(dir, 'assets'), { recursive: true });
  for (let index = 0; index < 4; index++) {
    await writeFile(join(dir, `assets/style-${index}.css`), 'body { color: #222; margin: 0 }\n'.repeat(200));
    await writeFile(join(dir, `assets/script-${index}.js`), 'export const answer = 42;\n'.repeat(200));
  }
  for (let index = 0; index < 30; index++)
    await writeFile(join(dir, `assets/picture-${index}.jpg`), Buffer.alloc(20_000, index));
}

function pageHtml(index: number, count: number, edit: string): string {
  const random = seeded(index + 1);
  const words = (length: number) => Array.from({ length }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ');
  const other = () => Math.floor(random() * count);
  const head = Array.from(
    { length: 4 },
    (_, n) =>
      `<link rel="stylesheet" href="/assets/style-${n}.css"><script src="/assets/script-${n}.js" defer></script>`,
  ).join('\n');
  const links = Array.from({ length: 55 }, () => {
    const to = other();
    return `<li class="related-item"><a class="related-link" href="/p/${to}/" title="Page ${to}">${words(4)}</a></li>`;
  }).join('\n');
  const pictures = Array.from({ length: 5 }, () => {
    const n = Math.floor(random() * 30);
    return `<figure><img src="/assets/picture-${n}.jpg" srcset="/assets/picture-${n}.jpg 800w, /assets/picture-${(n + 1) % 30}.jpg 1600w" alt="${words(3)}"></figure>`;
  }).join('\n');
  const text = Array.from({ length: 22 }, () => `<p>${words(70)}</p>`).join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Page ${index}</title>
${head}
</head><body><nav><a href="/">Home</a> <a href="/p/${(index + 1) % count}/">Next</a></nav><main><h1>Page ${index} ${edit}</h1>
${pictures}
${text}
</main><aside><ul>${links}</ul></aside></body></html>
`;
}
