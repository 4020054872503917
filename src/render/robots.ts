import type { Config } from '../config/schema.ts';

/** The `robots.txt` we write ourselves: closed outside production, else open and naming the sitemaps. */
export function robotsFor(config: Config, isClosed: boolean): string {
  if (isClosed) return 'User-agent: *\nDisallow: /\n';
  const sitemaps = config.lanes.flatMap(({ sitemap }) =>
    typeof sitemap === 'string' ? [new URL(sitemap, config.site.url).href] : [],
  );
  return `User-agent: *\nDisallow:\n${sitemaps.map((href) => `\nSitemap: ${href}\n`).join('')}`;
}
