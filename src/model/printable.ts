/** Text of a stranger's for a terminal: what would move its cursor, or set its colours, is a question mark. */
export const printable = (text: string): string => text.replace(/[\0-\x08\x0a-\x1f\x7f-\x9f]/g, '?');
