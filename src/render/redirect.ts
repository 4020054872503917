import { HoldfastError } from '../model/errors.ts';
import { escapeMarkup } from '../model/markup.ts';
import { locate, type Site } from '../model/site.ts';

/**
 * A small page that leads on to `to`, an absolute URL or an address of the site, on any server and without scripts; what
 * leads to the site itself is written as a path, so that it works under any host. Throws 'address-hostile' where `to` is not
 * an http(s) address.
 */
export function redirectPage(to: string, site: Site): Buffer {
  const { href, absolute } = resolve(to, site);
  const [link, canonical] = [escapeMarkup(href), escapeMarkup(absolute)];
  return Buffer.from(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url=${link}">
<link rel="canonical" href="${canonical}">
<title>This page has moved</title>
</head>
<body>
<main>
<h1>This page has moved</h1>
<p>It is now at <a href="${link}">${canonical}</a>.</p>
</main>
</body>
</html>
`);
}

function resolve(to: string, site: Site): { href: string; absolute: string } {
  const base = site.publicUrl.href;
  const url = URL.canParse(to, base) ? new URL(to, base) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new HoldfastError(
      'address-hostile',
      `${JSON.stringify(to)} cannot be redirected to: it is no http(s) address`,
    );
  }
  const located = locate(site, url.href, '/');
  if (located === undefined) return { href: url.href, absolute: url.href };
  const href = `${located.address}${located.query === '' ? '' : `?${located.query}`}${located.hash}`;
  return { href, absolute: site.publicUrl.origin + href };
}
