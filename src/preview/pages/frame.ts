import { escapeMarkup } from '../../model/markup.ts';
import type { Trouble } from '../hub.ts';

/** What every page of the desk is framed with. */
export interface FrameOptions {
  readonly siteName: string;
  readonly title: string;
  readonly here: 'pages' | 'look';
  readonly trouble: Trouble | null;
  /** Of the draft that `main` was made of. */
  readonly version: string;
}

/** A page of the desk; `main` is markup. */
export function framed(main: string, { siteName, title, here, trouble, version }: FrameOptions): string {
  const link = (to: string, name: FrameOptions['here'], text: string): string =>
    `<a href="${to}"${here === name ? ' aria-current="page"' : ''}>${text}</a>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeMarkup(title)} · ${escapeMarkup(siteName)} preview</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/desk.css">
<script src="/desk.js" defer></script>
</head>
<body data-draft="${version}" class="${here}">
<a class="skip" href="#main">Skip to the pages</a>
<header class="top">
<p class="name">${escapeMarkup(siteName)} <span>preview</span></p>
<nav aria-label="Preview">${link('/', 'pages', 'Contact sheet')}${link('/look', 'look', 'As visitors see it')}</nav>
</header>
<main id="main" tabindex="-1">
${main}
</main>
<div id="trouble" role="alert"${trouble === null ? ' hidden' : ''}>${trouble === null ? '' : troubleText(trouble)}</div>
</body>
</html>
`;
}

function troubleText({ text, hint }: Trouble): string {
  return `<p>${escapeMarkup(text)}</p><p>${escapeMarkup(hint)}</p>`;
}
