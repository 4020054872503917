import type { PageFacts } from './port.ts';

/** A page's kind in one word for services that take one value: `page`, `404`, `redirect`, `holding/busy`. */
export function labelOf({ kind, name }: PageFacts): string {
  return name === undefined ? kind : `${kind}/${name}`;
}

/** Text as a query's value, percent-encoded until nothing is left that markup, a script or a log line would take for its own. */
export function queryValue(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd')).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A value as a literal for an inline script, in ASCII, which no text can end, neither as a script nor as markup. */
export function scriptLiteral(value: string | number | Readonly<Record<string, string>>): string {
  return JSON.stringify(value).replace(
    /[^ !-%'-;=?-~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The address of a file of a service that lives at `base`, which may lie in a folder. */
export function fileOf(base: string, file: string): string {
  const { href } = new URL(base);
  return new URL(file, href.endsWith('/') ? href : `${href}/`).href;
}

/** Where an address leads, whatever its scheme and capitals: `stats.example.org/count`. */
export function placeOf(address: string): string {
  return address.replace(/^(?:https?:)?\/\//i, '').replace(/^[^/]*/, (host) => host.toLowerCase());
}
