import type { Address } from '../model/address.ts';

/** Looked for on every site, whether or not a page refers to them. */
export const ALWAYS_WANTED: readonly Address[] = ['/robots.txt', '/favicon.ico'];
