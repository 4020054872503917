import type { Terminal } from './io.ts';

/** Codes of ECMA-48, "select graphic rendition", that every terminal with colours knows. */
const CODES = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;
export type Colour = keyof typeof CODES;

/** Colours a text, or leaves it as it is. */
export type Paint = (text: string, colour: Colour) => string;

/** For a terminal that shows colours; for anything else nothing is coloured. */
export function paintFor(terminal: Pick<Terminal, 'hasColours'> | undefined): Paint {
  if (terminal?.hasColours !== true) return (text) => text;
  return (text, colour) => (text === '' ? '' : `\u001b[${CODES[colour]}m${text}\u001b[0m`);
}
