/** `12,345`, as people read it. */
export const count = (number: number): string => number.toLocaleString('en');
