import { setImmediate as breathe } from 'node:timers/promises';
import type { Placed } from '../../model/thread.ts';
import { sanitise } from './sanitise.ts';
import { type Context, clockOf, type Scion, timeOf } from './scion.ts';
import type { ThreadTemplates } from './template.ts';

/** Comments handed to the template at once. */
const CHUNK = 100;

/** The comments of a page as markup, some at a time, as bytes read as latin1. Throws `template-broken`. */
export async function* itemsOf(
  { page: { placed }, rules, templates, isUtf8 }: Scion,
  context: Context,
): AsyncGenerator<string> {
  const clock = clockOf(rules);
  for (let from = 0; from < placed.length; from += CHUNK) {
    const comments = placed.slice(from, from + CHUNK).map((one, index) => {
      const next = placed[from + index + 1]?.level ?? 1;
      return shown(one, next, { clock, templates });
    });
    yield encoded(templates.render('comments', { ...context, comments }), isUtf8);
    // A long thread takes seconds on a busy machine, and leases are renewed meanwhile.
    await breathe();
  }
}

interface Showing {
  readonly clock: Intl.DateTimeFormat;
  readonly templates: ThreadTemplates;
}

/** A comment as templates know it. Its list of answers begins after it where `opens`, and `closes` such lists end after it. */
function shown({ comment, level }: Placed, next: number, { clock, templates }: Showing) {
  const { id, author, url, html, date } = comment;
  return {
    id,
    author,
    url,
    level,
    date: timeOf(date, clock),
    text: templates.markup(sanitise(html)),
    href: `#comment-${id}`,
    opens: next > level,
    closes: Math.max(0, level - next),
  };
}

/** Markup as bytes of the page, read as latin1. */
export function encoded(markup: string, isUtf8: boolean): string {
  if (isUtf8) return Buffer.from(markup, 'utf8').toString('latin1');
  return markup.replace(/[^\u0000-\u007f]/gu, (character) => `&#${character.codePointAt(0)};`);
}
