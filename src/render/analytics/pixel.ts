import type { Analytics, PageFacts } from './port.ts';
import { queryValue } from './values.ts';

/** File of the release that holds the pixel. */
export const PIXEL_PATH = '_holdfast/pixel.gif';

/** A transparent GIF of one pixel, 43 bytes. */
export const PIXEL_GIF: Buffer = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');

/**
 * A pixel asked for with each page, scripts or not: whoever keeps the access log can count by its query. `hidden` keeps it out
 * of the layout and from assistive technology, and browsers load it all the same (checked in Chromium).
 */
export function createPixel(): Analytics {
  return {
    name: 'pixel',
    sources: { script: [], img: ["'self'"], connect: [], inline: false },
    unscripted: { counted: true },
    snippet: (page) => ({ head: '', body: `<img src="${sourceFor(page)}" alt="" width="1" height="1" hidden>` }),
    owns: (tag) => tag.name === 'img' && pathOf(tag.attribute('src')) === `/${PIXEL_PATH}`,
  };
}

/** The same pixel for those whose browsers run no scripts, beside an analytics that is a script. */
export function createNoscriptPixel(): Analytics {
  const pixel = createPixel();
  return {
    ...pixel,
    name: 'pixel (noscript)',
    snippet: (page) => ({ head: '', body: `<noscript>${pixel.snippet(page).body}</noscript>` }),
  };
}

function sourceFor({ kind, address, name }: PageFacts): string {
  const query = [`kind=${kind}`, `path=${queryValue(address)}`];
  if (name !== undefined) query.push(`name=${queryValue(name)}`);
  return `/${PIXEL_PATH}?${query.join('&amp;')}`;
}

function pathOf(src = ''): string {
  return src.replace(/^(?:https?:)?\/\/[^/?#]*/i, '').replace(/[?#].*$/, '');
}
