import { HoldfastError } from '../../model/errors.ts';
import { MarkupScanner } from '../../model/markup.ts';
import { PlaceFinder } from '../places.ts';
import type { Analytics } from './port.ts';
import { createPresence } from './presence.ts';

/** Holds a finished HTML file against the promise that it carries each analytics exactly once; throws 'analytics-missing'. */
export function assertAnalytics(html: Buffer, analytics: readonly Analytics[], path: string): void {
  if (analytics.length === 0) return;
  const scanner = new MarkupScanner(html.toString('latin1'));
  const finder = new PlaceFinder(scanner);
  const presence = createPresence(scanner, analytics);
  while (scanner.next()) {
    finder.see();
    if (!finder.inTemplate) presence.see();
  }
  for (const one of analytics) {
    const count = presence.count(one);
    if (count === 1) continue;
    const times = count === 0 ? 'does not carry' : `carries ${count} times`;
    throw new HoldfastError('analytics-missing', `${path} ${times} the analytics ${one.name}`, {
      hint: 'each HTML file carries each analytics once: look at its markup, or report this together with the page',
    });
  }
}
