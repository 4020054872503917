import { addressOfFile } from '../model/address.ts';
import { decodeAttribute, escapeMarkup, MarkupScanner } from '../model/markup.ts';
import { locate, type Site } from '../model/site.ts';
import { type Edit, splice } from './splice.ts';

/** A shared preview: its folder, with the slash, and the files in it by their path in the site. */
export interface SharedPages {
  readonly site: Site;
  readonly folder: string;
  readonly files: ReadonlySet<string>;
}

const LEADS = ['href', 'src', 'poster', 'action', 'data'];
const STYLE_URL = /url\(\s*(["']?)(\/[^)"']*)\1\s*\)/g;

/**
 * A page of a shared preview: links to what is shared with it stay in the folder, all others lead where they led. No site that it links to
 * learns of the folder.
 */
export function sharedPage(html: Buffer, path: string, shared: SharedPages): Buffer {
  const text = html.toString('latin1');
  const scanner = new MarkupScanner(text);
  const edits: Edit[] = [];
  while (scanner.next()) {
    if (scanner.closing) continue;
    if (scanner.name === 'head')
      edits.push({ start: scanner.end, end: scanner.end, text: '<meta name="referrer" content="no-referrer">' });
    if (scanner.name === 'style') {
      const style = text.slice(scanner.end, scanner.contentEnd);
      const moved = style.replace(STYLE_URL, (whole, quote: string, to: string) => {
        const under = inside(to, path, shared);
        return under === undefined ? whole : `url(${quote}${under}${quote})`;
      });
      if (moved !== style) edits.push({ start: scanner.end, end: scanner.contentEnd, text: moved });
    }
    if (scanner.name === 'link' && scanner.raw('rel')?.toLowerCase() === 'canonical') continue;
    for (const name of LEADS) {
      const index = scanner.attribute(name);
      const under = index < 0 ? undefined : inside(decodeAttribute(scanner.raw(name) ?? ''), path, shared);
      if (under !== undefined)
        edits.push({ start: scanner.valueStart(index), end: scanner.valueEnd(index), text: escapeMarkup(under) });
    }
  }
  return Buffer.from(splice(text, edits), 'latin1');
}

/** Where a link leads within the folder; undefined where it leads to nothing that is shared. */
function inside(href: string, path: string, { site, folder, files }: SharedPages): string | undefined {
  // An empty link is the page itself, and a fragment is within it.
  if (href === '' || href.startsWith('#')) return undefined;
  const located = locate(site, href, addressOfFile(path));
  if (located === undefined) return undefined;
  const { address, query, hash } = located;
  const bare = decodeURI(address).replace(/^\//, '').replace(/\/$/, '');
  const isShared = [bare, bare === '' ? 'index.html' : `${bare}/index.html`].some((file) => files.has(file));
  return isShared ? `/${folder}${address.slice(1)}${query === '' ? '' : `?${query}`}${hash}` : undefined;
}

/** The list that the folder opens with. */
export function sharedList(
  siteName: string,
  pages: readonly { readonly path: string; readonly title: string }[],
): string {
  const items = pages.map(
    ({ path, title }) =>
      `<li><a href="${escapeMarkup(path.replace(/(^|\/)index\.html$/, '$1'))}">${escapeMarkup(title)}</a></li>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Preview of ${escapeMarkup(siteName)}</title><meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>:root{color-scheme:light dark}body{max-width:40rem;margin:0 auto;padding:clamp(1.5rem,6vw,5rem) 1.25rem;font:1.0625rem/1.6 system-ui,sans-serif}h1{font-size:1.5rem;line-height:1.2}ul{padding:0;list-style:none}li{border-top:1px solid #8886}a{display:block;padding:.75rem 0;color:inherit}</style></head>
<body><main><h1>Preview of ${escapeMarkup(siteName)}</h1><p>These pages are not published yet. Nobody finds them without this address, and no visit is counted.</p><ul>
${items.join('\n')}
</ul></main></body></html>
`;
}
