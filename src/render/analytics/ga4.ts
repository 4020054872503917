import { codeOf } from './code.ts';
import type { Analytics, PageFacts } from './port.ts';
import { scriptLiteral } from './values.ts';

const TAGS = 'https://www.googletagmanager.com';
/** What Google's guide to Content-Security-Policy names for Google Analytics 4 without signals; reports go to servers by region. */
const REPORTS = ['https://*.google-analytics.com', 'https://*.googletagmanager.com'];

export interface Ga4Options {
  /** The measurement id, `G-…`. */
  readonly id: string;
}

/** Google Analytics 4 by gtag; the page's kind is the event parameter `kind`, a holding page's name `holding`. */
export function createGa4({ id }: Ga4Options): Analytics {
  const configured = new RegExp(`["'\`]config["'\`]\\s*,\\s*["'\`]${id}["'\`]`, 'i');
  return {
    name: `ga4 (${id})`,
    sources: { script: [TAGS], img: REPORTS, connect: [...REPORTS, 'https://*.analytics.google.com'], inline: true },
    unscripted: { counted: false, why: 'Google Analytics 4 counts by scripts only' },
    snippet: (page) => ({
      head: `<script async src="${TAGS}/gtag/js?id=${encodeURIComponent(id)}"></script>\n<script>${counting(page, id)}</script>`,
      body: '',
    }),
    // What counts is the configuration: one gtag.js, loaded for any id, serves them all.
    owns: (tag) => configured.test(codeOf(tag, 'config')),
  };
}

function counting({ kind, name }: PageFacts, id: string): string {
  const parameters = scriptLiteral({ kind, ...(name === undefined ? {} : { holding: name }) });
  return `window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments)}gtag("js",new Date());gtag("config",${scriptLiteral(id)},${parameters})`;
}
