import { escapeMarkup } from '../../model/markup.ts';
import { codeOf, isLoader } from './code.ts';
import type { Analytics, PageFacts, PageTag } from './port.ts';

export interface PlausibleOptions {
  /** The site's name at Plausible. */
  readonly domain: string;
  /** Address of a script that counts a page view by itself and reads properties from `event-…` attributes (`pageview-props`). */
  readonly script: string;
}

/** Plausible by its script; the page's kind is the custom property `kind`, a holding page's name the property `holding`. */
export function createPlausible({ domain, script }: PlausibleOptions): Analytics {
  const site = domain.toLowerCase();
  const origins = [new URL(script).origin];
  return {
    name: `plausible (${domain})`,
    sources: { script: origins, img: [], connect: origins, inline: false },
    unscripted: { counted: false, why: 'Plausible counts by scripts only' },
    snippet: (page) => ({
      head: `<script defer data-domain="${escapeMarkup(domain)}"${properties(page)} src="${escapeMarkup(script)}"></script>`,
      body: '',
    }),
    // The script may come from anywhere, by way of a proxy too; the site's name is what tells it.
    owns: (tag) => {
      if (tag.name !== 'script') return false;
      if (!tag.attribute('src')) return isLoadedFor(tag, site);
      const domains = tag.attribute('data-domain')?.toLowerCase().split(',') ?? [];
      return domains.some((one) => one.trim() === site);
    },
  };
}

function isLoadedFor(tag: PageTag, site: string): boolean {
  const code = codeOf(tag, 'domain');
  if (!isLoader(code) || !/data-domain|dataset\.domain/.test(code)) return false;
  return code.split(/["'`,]/).some((part) => part.trim().toLowerCase() === site);
}

function properties({ kind, name }: PageFacts): string {
  return ` event-kind="${kind}"${name === undefined ? '' : ` event-holding="${escapeMarkup(name)}"`}`;
}
