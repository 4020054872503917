/** What the front matter of a holding page may say; a layout's own values go under `extra`. */
const FIELDS = new Set(
  (
    'name status retryAfter refresh publishAt unpublishAt title description language layout draft tags date extra ' +
    'kicker lead dateline picture action actionLink waiting shows instead facts links'
  ).split(' '),
);
/** Fields with a rule and a message of their own, told when the page renders. */
const REFUSED_ELSEWHERE = new Set(['permalink', 'templateEngineOverride', 'permalinkBypassOutputDir']);
/** The statuses below 400 that come with a page and make no cache or browser do something else: it is there, it was accepted. */
const WELL = [200, 202];

/** The first field of a holding page's source that there is no such field as, and its line from 1. */
export function unknownField(source: string): { readonly field: string; readonly line: number } | undefined {
  const [whole, text = ''] = /^\uFEFF?---[^\n]*\n([\s\S]*?\n)?---/.exec(source) ?? [];
  if (whole === undefined) return undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const field = /^(["']?)([^\s"'#{}[\]:,-][^"'#:]*?)\1\s*:(?:\s|$)/.exec(line)?.[2];
    if (field !== undefined && !FIELDS.has(field) && !REFUSED_ELSEWHERE.has(field)) return { field, line: index + 2 };
  }
  return undefined;
}

/** What to do about a field that is unknown. */
export const FIELDS_HINT = `the fields are ${[...FIELDS].join(', ')}; values for a layout of your own go under \`extra\``;

/** True for a status that a page can be shown with in place of another. */
export function isPageStatus(status: number): boolean {
  return WELL.includes(status) || (status >= 400 && status <= 599);
}
