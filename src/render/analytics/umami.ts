import { escapeMarkup } from '../../model/markup.ts';
import { codeOf, isLoader } from './code.ts';
import type { Analytics, PageTag } from './port.ts';
import { labelOf } from './values.ts';

/** Where the script of Umami's own cloud reports to, which is not where it comes from; the second until June 2026. */
const CLOUD = 'cloud.umami.is';
const CLOUD_GATEWAYS = ['https://gateway.umami.is', 'https://api-gateway.umami.dev'];

export interface UmamiOptions {
  /** The website's id, a UUID. */
  readonly website: string;
  /** Where the script is loaded from. */
  readonly script: string;
  /** Where it reports to; by default where the script comes from. */
  readonly host?: string | undefined;
}

/** Umami by its script; the page's kind is the tag. */
export function createUmami(options: UmamiOptions): Analytics {
  const { website, script, host } = options;
  return {
    name: `umami (${website})`,
    sources: { script: [new URL(script).origin], img: [], connect: gateways(script, host), inline: false },
    unscripted: { counted: false, why: "Umami's pixels count apart from its websites" },
    snippet: (page) => ({
      head: `<script defer data-website-id="${escapeMarkup(website)}" data-tag="${escapeMarkup(labelOf(page))}"${hostAttribute(host)} src="${escapeMarkup(script)}"></script>`,
      body: '',
    }),
    owns: (tag) => {
      if (tag.name !== 'script') return false;
      if (tag.attribute('src')) return tag.attribute('data-website-id')?.trim().toLowerCase() === website.toLowerCase();
      return isLoadedFor(tag, website.toLowerCase());
    },
  };
}

function isLoadedFor(tag: PageTag, website: string): boolean {
  const code = codeOf(tag, 'ebsite');
  return isLoader(code) && /data-website-id|websiteId/.test(code) && code.toLowerCase().includes(website);
}

function hostAttribute(host: string | undefined): string {
  return host === undefined ? '' : ` data-host-url="${escapeMarkup(host)}"`;
}

function gateways(script: string, host: string | undefined): readonly string[] {
  if (host !== undefined) return [new URL(host).origin];
  const { hostname, origin } = new URL(script);
  return hostname === CLOUD ? CLOUD_GATEWAYS : [origin];
}
