import { HoldfastError } from '../model/errors.ts';

/** What goes to a place of a text: a part of a line, or whole lines, none among them. */
export type Filling = string | readonly string[];

/** `<<name>>`, alone on its line or within it. No server's language has use for it outside of quotes. */
const PLACE = /<<([a-z]+)>>/g;
const WHOLE_LINE = /^([ \t]*)<<([a-z]+)>>$/;

/**
 * A text of publish/edge with its places filled. Lines go where the place is alone on its line, each at that line's indent; where there are none the line
 * goes. What is filled in is quoted by the caller. Throws `unexpected` for a place that nothing fills, and for a filling that has no place.
 */
export function fill(text: string, fillings: Readonly<Record<string, Filling>>): string {
  const unused = new Set(Object.keys(fillings));
  const filling = (place: string): Filling => {
    unused.delete(place);
    const found = fillings[place];
    if (found === undefined) throw new HoldfastError('unexpected', `nothing fills <<${place}>>`);
    return found;
  };
  const lines = text.split('\n').flatMap((line) => {
    const [, indent = '', alone] = WHOLE_LINE.exec(line) ?? [];
    if (alone !== undefined) return [filling(alone)].flat().map((one) => (one === '' ? '' : indent + one));
    return line.replace(PLACE, (_, place: string) => inLine(place, filling(place)));
  });
  const [left] = unused;
  if (left !== undefined) throw new HoldfastError('unexpected', `there is no place <<${left}>>`);
  return lines.join('\n');
}

function inLine(place: string, filling: Filling): string {
  if (typeof filling === 'string') return filling;
  throw new HoldfastError('unexpected', `<<${place}>> takes whole lines, and stands within one`);
}
