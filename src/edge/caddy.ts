import { type EdgeFiller, textOf } from './facts.ts';

const FILE = 'Caddyfile';

/** The Caddyfile of one site. */
export const fillCaddy: EdgeFiller = (_facts, texts) => [{ path: FILE, text: textOf(texts, FILE) }];
