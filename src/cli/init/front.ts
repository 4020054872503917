import { Parser } from 'htmlparser2';

/** What a front page says about its site; texts and addresses as written there. */
export interface FrontFacts {
  readonly canonical?: string;
  readonly generator?: string;
  /** WordPress links its REST root. */
  readonly restRoot?: string;
  readonly feed?: string;
  readonly language?: string;
  readonly siteName?: string;
}

const FEEDS = ['application/rss+xml', 'application/atom+xml'];

/** Reads the head of a front page; the first of each fact counts. */
export function readFront(html: string): FrontFacts {
  const found: { -readonly [Fact in keyof FrontFacts]: FrontFacts[Fact] } = {};
  const keep = (fact: keyof FrontFacts, value: string | undefined): void => {
    if (value !== undefined && value.trim() !== '') found[fact] ??= value.trim();
  };
  const parser = new Parser({
    onopentag: (name, attributes) => {
      const { rel = '', href, content, type = '' } = attributes;
      if (name === 'html') keep('language', attributes['lang']);
      if (name === 'meta' && attributes['name']?.toLowerCase() === 'generator') keep('generator', content);
      if (name === 'meta' && attributes['property'] === 'og:site_name') keep('siteName', content);
      if (name !== 'link') return;
      const rels = rel.toLowerCase().split(/\s+/);
      if (rels.includes('canonical')) keep('canonical', href);
      if (rels.includes('https://api.w.org/')) keep('restRoot', href);
      if (rels.includes('alternate') && FEEDS.includes(type)) keep('feed', href);
    },
  });
  parser.end(html);
  return found;
}
