import type { Analytics, PageFacts } from './port.ts';
import { queryValue } from './values.ts';

export interface CustomOptions {
  /** What messages call it. */
  readonly name: string;
  /** Complete elements in ASCII with `{{kind}}`, `{{holding}}` and `{{path}}` where the page is to be told. */
  readonly head: string;
  readonly body: string;
  /** Text of one element of `head` and `body`: in its tag, or in its script. */
  readonly marker: string;
  /** Origins it loads from and reports to. */
  readonly origins: readonly string[];
}

/** Markup as it is configured. What is put for a placeholder is percent-encoded: safe in an address, an attribute and a script's string. */
export function createCustom({ name, head, body, marker, origins }: CustomOptions): Analytics {
  const hasScript = /<script/i.test(head + body);
  const isCounted = /<(?:img|noscript)/i.test(head + body);
  return {
    name: `custom (${name})`,
    sources: {
      script: hasScript ? origins : [],
      img: origins,
      connect: hasScript ? origins : [],
      inline: isInline(head + body),
    },
    unscripted: isCounted ? { counted: true } : { counted: false, why: 'its markup has no image' },
    snippet: (page) => ({ head: filled(head, page), body: filled(body, page) }),
    owns: (tag) => tag.source.includes(marker) || (tag.name === 'script' && tag.text.includes(marker)),
  };
}

function isInline(markup: string): boolean {
  return [...markup.matchAll(/<script\b([^>]*)>/gi)].some(([, attributes = '']) => !/\ssrc\s*=/i.test(attributes));
}

function filled(markup: string, { kind, name = '', address }: PageFacts): string {
  const values: Readonly<Record<string, string>> = { kind, holding: name, path: address };
  return markup.replace(/\{\{(kind|holding|path)\}\}/g, (_, key: string) => queryValue(values[key] ?? ''));
}
