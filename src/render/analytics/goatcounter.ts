import { escapeMarkup } from '../../model/markup.ts';
import { codeOf } from './code.ts';
import type { Analytics, PageFacts } from './port.ts';
import { fileOf, placeOf, queryValue, scriptLiteral } from './values.ts';

export interface GoatCounterOptions {
  /** Where the site's counter is. */
  readonly url: string;
  /** Where the script is loaded from. */
  readonly script: string;
}

/**
 * GoatCounter by its script, and by its image where there are no scripts. It knows no dimensions, so that what is not a page is
 * counted under a path of its own: `/_holdfast/holding/busy`, `/_holdfast/404`, `/_holdfast/redirect/old/`. Its script counts for
 * the first `data-goatcounter` of a page only: a page that is counted for another GoatCounter site too is counted for one of them.
 */
export function createGoatCounter({ url, script }: GoatCounterOptions): Analytics {
  const endpoint = fileOf(url, 'count');
  const place = placeOf(endpoint);
  const counter = [new URL(endpoint).origin];
  return {
    name: `goatcounter (${new URL(url).host})`,
    // It reports by an image, and by a beacon where that is blocked.
    sources: { script: [new URL(script).origin], img: counter, connect: counter, inline: false },
    unscripted: { counted: true },
    snippet: (page) => ({
      head: `<script async data-goatcounter="${escapeMarkup(endpoint)}"${settings(page)} src="${escapeMarkup(script)}"></script>`,
      body: `<noscript><img src="${escapeMarkup(`${endpoint}?p=${queryValue(pathOf(page))}`)}" alt="" width="1" height="1" hidden></noscript>`,
    }),
    owns: (tag) => {
      if (tag.name !== 'script') return false;
      const theirs = tag.attribute('data-goatcounter');
      if (theirs !== undefined) return placeOf(theirs.trim()).replace(/\/$/, '') === place;
      const code = codeOf(tag, 'goatcounter');
      return ['"', "'", '`', '?'].some((end) => code.includes(`//${place}${end}`));
    },
  };
}

/** The path of a page is what the visitor sees, and left to the script. */
function settings(page: PageFacts): string {
  if (page.kind === 'page') return '';
  return ` data-goatcounter-settings="${escapeMarkup(scriptLiteral({ path: pathOf(page) }))}"`;
}

function pathOf({ kind, address, name }: PageFacts): string {
  if (kind === 'page') return address;
  if (kind === 'redirect') return `/_holdfast/redirect${address}`;
  return `/_holdfast/${kind}${name === undefined ? '' : `/${name}`}`;
}
