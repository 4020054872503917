import type { Draft } from '../draft.ts';
import { card } from './card.ts';

/** The contact sheet: each page written here, as thumbnails of a phone and a desk. */
export function sheet({ written }: Pick<Draft, 'written'>, site: string): string {
  const pages = written.filter(({ kind }) => kind !== 'holding');
  const holding = written.filter(({ kind }) => kind === 'holding');
  return `<h1>${counted(pages.length, 'page')}, ${counted(holding.length, 'holding page')}</h1>
<p class="intro">As they would be published now; each follows what you save. The analytics named are on the pages that are published; the preview takes them off and loads nothing from other hosts, so nothing is counted here. Sizes against limits have 1,000 bytes of headers with them.</p>
${section(
  'Pages',
  pages.map((page) => card(page, site)),
)}
${section(
  'Holding pages',
  holding.map((page) => card(page, site)),
)}`;
}

function section(title: string, cards: readonly string[]): string {
  return cards.length === 0 ? '' : `<section><h2>${title}</h2>\n${cards.join('\n')}</section>`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
