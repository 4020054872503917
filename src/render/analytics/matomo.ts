import { escapeMarkup } from '../../model/markup.ts';
import { codeOf } from './code.ts';
import type { Analytics, PageFacts } from './port.ts';
import { fileOf, labelOf, queryValue, scriptLiteral } from './values.ts';

export interface MatomoOptions {
  /** Where Matomo is, its folder included. */
  readonly url: string;
  /** The site's number there. */
  readonly site: number;
  /** Number of the custom dimension (of scope action) that takes the page's kind. */
  readonly dimension: number;
  /** Where the script is loaded from; `matomo.js` of `url` by default. */
  readonly script?: string | undefined;
}

/**
 * Matomo by its script, and by its image where there are no scripts. The script has a tracker of its own: all that share `_paq`
 * also share one site id, and a page that is counted for another site too would be counted twice for one and never for the other.
 */
export function createMatomo(options: MatomoOptions): Analytics {
  const { url, site } = options;
  const script = options.script ?? fileOf(url, 'matomo.js');
  const tracker = fileOf(url, 'matomo.php');
  const reported = [new URL(tracker).origin];
  return {
    name: `matomo (${new URL(url).host}, site ${site})`,
    sources: { script: [new URL(script).origin], img: reported, connect: reported, inline: true },
    unscripted: { counted: true },
    snippet: (page) => ({
      head: `<script>${loader(page, { ...options, script, tracker })}</script>`,
      body: `<noscript>${image(page, options, tracker)}</noscript>`,
    }),
    owns: (tag) => {
      const code = codeOf(tag, String(site));
      return code !== '' && countsFor(code, site) && isAt(code, new URL(url));
    },
  };
}

function loader(page: PageFacts, to: MatomoOptions & { script: string; tracker: string }): string {
  const kind = `${to.dimension},${scriptLiteral(labelOf(page))}`;
  const counting = `var t=Matomo.getTracker(${scriptLiteral(to.tracker)},${to.site});t.setCustomDimension(${kind});t.trackPageView();t.enableLinkTracking()`;
  return `(function(d){var s=d.createElement("script");s.async=true;s.src=${scriptLiteral(to.script)};s.onload=function(){${counting}};d.head.appendChild(s)})(document)`;
}

/** The page's address comes with the request (`Referer`), so that it is the one that the visitor asked for. */
function image(page: PageFacts, { site, dimension }: MatomoOptions, tracker: string): string {
  const src = `${tracker}?idsite=${site}&rec=1&dimension${dimension}=${queryValue(labelOf(page))}`;
  return `<img referrerpolicy="no-referrer-when-downgrade" src="${escapeMarkup(src)}" alt="" width="1" height="1" hidden>`;
}

/** An argument before the site's number; bounded, since pages are whatever they are. */
const ARGUMENT = '(?:"[^"]{0,2000}"|\'[^\']{0,2000}\'|[^;)\\]"\']){0,300}';

/** By `setSiteId`, pushed or called, or as the last argument of `getTracker` and its like. */
function countsFor(code: string, site: number): boolean {
  const id = `["'\`]?${site}["'\`]?\\s*[\\])]`;
  const tracker = `(?:add|get|getAsync)Tracker["'\`]?\\s*[,(]${ARGUMENT},\\s*${id}`;
  return new RegExp(`setSiteId["'\`]?\\s*[,(]\\s*${id}|${tracker}`).test(code);
}

/** Site 1 of another Matomo is another site; code that names no server at all has it at the site itself. */
function isAt(code: string, { host, pathname }: URL): boolean {
  if (!/\/\/[a-z0-9[]/i.test(code)) return true;
  const lower = code.toLowerCase();
  if (['/', '"', "'", '`'].some((end) => lower.includes(`//${host}${end}`))) return true;
  return pathname !== '/' && ['"', "'", '`'].some((quote) => code.includes(quote + pathname));
}
