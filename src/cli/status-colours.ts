import type { Colour, Paint } from './paint.ts';

/** What colours a line of `status`; the gravest comes first. */
const RULES: readonly (readonly [about: RegExp, colour: Colour])[] = [
  [
    /cannot be read|NOT READY|^origin: down|, exit [12]\b|; failed \d|; failing: |files are not certain|\d+ (?:refused|torn)/,
    'red',
  ],
  [
    /^LAUNCH MODE|not prepared yet|^origin: slow|ON HOLD|: pinned |was stopped in the middle|, exit [345]\b|^kept: |not purged|nothing is live|no run yet|never (?:looked at|read|computed)/,
    'yellow',
  ],
  [/ is live since /, 'green'],
  [/^lane .*, (?:due|paused)$|nothing waits| has the lease$/, 'dim'],
];

/** A line of `status`, in the colour of what it tells. */
export function statusLine(line: string, paint: Paint): string {
  const [, colour] = RULES.find(([about]) => about.test(line)) ?? [];
  return colour === undefined ? line : paint(line, colour);
}
