import type { Address } from '../model/address.ts';
import { pathMatcher } from '../model/globs.ts';
import { decodeAttribute, escapeMarkup, type MarkupScanner } from '../model/markup.ts';
import { locate, type Site } from '../model/site.ts';

/** What shows visitors their own comments that the inbox received; for pages with a comment form. */
export interface Waiting {
  /** The script, as it is; the same on every page, so that a Content-Security-Policy can name it by its hash. */
  readonly script: string;
  /** Where comment forms post to. */
  readonly paths: readonly string[];
  /** Has the form say how long it was open. */
  readonly timed: boolean;
}

/** Looks for the page's comment form while a scanner goes over it. */
export interface FormFinder {
  /** Takes note of the start tag that the scanner stands on. */
  see(): void;
  /** What goes to the page's end; '' where there is no such form, or it is there already. */
  markup(): string;
}

/** Opens every script of ours, and of no page as it was captured. */
const MARK = '<script data-form="';

/** A finder over one page. */
export function createFormFinder(
  tag: MarkupScanner,
  waiting: Waiting | undefined,
  { site, address }: { readonly site: Site; readonly address: Address },
): FormFinder {
  const takes = pathMatcher(waiting?.paths ?? []);
  let path: string | undefined;
  return {
    see() {
      if (waiting === undefined || path !== undefined || tag.name !== 'form') return;
      const action = tag.raw('action');
      const located = action === undefined ? undefined : locate(site, decodeAttribute(action), address);
      if (located !== undefined && takes(located.address)) path = located.address;
    },
    markup() {
      if (waiting === undefined || path === undefined || tag.text.includes(MARK)) return '';
      const timed = waiting.timed ? ' data-filled' : '';
      return `${MARK}${escapeMarkup(path)}"${timed}>${textOf(waiting)}</script>`;
    },
  };
}

/** The script as it stands in pages: it means the same in one of any charset. */
export function textOf({ script }: Waiting): string {
  return script.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
