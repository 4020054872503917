import { parseDocument } from 'htmlparser2';
import { analytics } from '../../src/config/analytics.ts';
import { createSite } from '../../src/model/site.ts';
import { type Analytics, createAnalytics, type PageFacts } from '../../src/render/analytics/index.ts';
import { type EditContext, editPage } from '../../src/render/edit.ts';

const site = createSite({ name: 'Example', url: 'https://www.example.org', origin: 'http://10.0.0.5', aliases: [] });
/** The holding page `busy`. */
export const HOLDING: PageFacts = { kind: 'holding', address: '/_holdfast/holding/busy.html', name: 'busy' };

/** The driver of an entry of `analytics`, as the configuration gives it. */
export function driverOf(entry: object): Analytics {
  const [config] = analytics.parse([entry]);
  if (config === undefined) throw new Error('no entry');
  return createAnalytics(config);
}

const contextOf = (drivers: readonly Analytics[], facts: PageFacts): EditContext => ({
  ...facts,
  site,
  noindex: false,
  analytics: drivers,
  shortlink: () => undefined,
});

/** A page as a publish edits it. */
export function edit(
  html: string,
  drivers: readonly Analytics[],
  facts: PageFacts = { kind: 'page', address: '/' },
): string {
  return editPage(Buffer.from(html, 'latin1'), contextOf(drivers, facts)).toString('latin1');
}

interface Found {
  readonly name: string;
  readonly attribs: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Every element as another parser than ours sees them; text outside of scripts is an element `#text`. */
export function elements(html: string): Found[] {
  const found: Found[] = [];
  const visit = (nodes: ReturnType<typeof parseDocument>['children'], inScript: boolean): void => {
    for (const node of nodes) {
      if ('attribs' in node) {
        const text = node.children.map((child) => ('data' in child ? child.data : '')).join('');
        found.push({ name: node.name, attribs: node.attribs, text: node.name === 'script' ? text : '' });
        visit(node.children, node.name === 'script');
      } else if (!inScript && 'data' in node && node.data.trim() !== '') {
        found.push({ name: '#text', attribs: {}, text: node.data });
      }
    }
  };
  visit(parseDocument(html).children, false);
  return found;
}

/** Names of elements and attributes, in order. */
export const shapeOf = (html: string): string =>
  elements(html)
    .map(({ name, attribs }) => `${name}[${Object.keys(attribs).join(' ')}]`)
    .join(' ');
/** The text of each script. */
export const scriptsOf = (html: string): string[] => elements(html).flatMap(({ text }) => (text === '' ? [] : [text]));
