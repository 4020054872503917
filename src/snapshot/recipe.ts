import { hash } from 'node:crypto';
import type { LookContext } from './context.ts';

/** Raised when the code would find other references in the same page. */
const EDITION = 1;

/** Names all that decides which references a page has, beside its bytes. */
export function recipeOf({ site, config }: Pick<LookContext, 'site' | 'config'>): string {
  const crawls = config.lanes.some(({ crawl }) => crawl !== undefined);
  const text = JSON.stringify([EDITION, [...site.hosts].sort(), config.assets.exclude, crawls]);
  return hash('sha256', text).slice(0, 8);
}
