const SPACE = /[\t\n\f\r ]/;

/**
 * The addresses of a `srcset`, in order, by its own grammar: a comma ends a candidate only after white space, at the end of an
 * address or outside of parentheses, so that addresses which hold commas and `data:` addresses stay whole.
 */
export function addressesInSrcset(value: string): string[] {
  const addresses: string[] = [];
  let index = 0;
  while (index < value.length) {
    while (index < value.length && isGap(value, index)) index++;
    const from = index;
    while (index < value.length && !SPACE.test(value.charAt(index))) index++;
    const written = value.slice(from, index);
    const address = written.replace(/,+$/, '');
    if (address !== '') addresses.push(address);
    if (written === address) index = pastDescriptors(value, index);
  }
  return addresses;
}

function isGap(value: string, index: number): boolean {
  const character = value.charAt(index);
  return character === ',' || SPACE.test(character);
}

function pastDescriptors(value: string, from: number): number {
  let depth = 0;
  for (let index = from; index < value.length; index++) {
    const character = value.charAt(index);
    if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === ',' && depth <= 0) return index + 1;
  }
  return value.length;
}
