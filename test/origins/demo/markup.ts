const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as it may stand in HTML, in an attribute too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ESCAPES[sign] ?? sign);
}

/** Quotation marks, dashes and dots as a printer would set them. Takes text, not HTML. */
export function typeset(text: string): string {
  return text
    .replace(/(^|[\s([])"/g, '$1“')
    .replace(/"/g, '”')
    .replace(/(^|[\s([])'/g, '$1‘')
    .replace(/'/g, '’')
    .replace(/--/g, '–')
    .replace(/\.\.\./g, '…');
}

/** A comment's text as paragraphs; nothing in it is markup, and addresses become links. */
export function commentHtml(text: string): string {
  const paragraphs = text.trim().split(/\n\s*\n/);
  return paragraphs
    .map((paragraph) => `<p>${linked(escapeHtml(typeset(paragraph))).replaceAll('\n', '<br />\n')}</p>`)
    .join('\n');
}

/** JSON as PHP writes it into a script: with every slash escaped. */
export function phpJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('/', '\\/');
}

/** The text of an entry as HTML: paragraphs, `## headings`, `* lists`, `> quotations`, `![caption](drawing)`, `[links](/path/)`. */
export function entryHtml(text: string, home: string): string {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((block) => blockHtml(block, home))
    .join('\n\n');
}

function blockHtml(block: string, home: string): string {
  const drawing = /^!\[(.*)\]\(([a-z]+)\)$/.exec(block);
  if (drawing) return figure(drawing[1] ?? '', drawing[2] ?? '', home);
  if (block.startsWith('## ')) return `<h2 class="wp-block-heading">${inline(block.slice(3), home)}</h2>`;
  if (block.startsWith('> '))
    return `<blockquote class="wp-block-quote"><p>${inline(block.slice(2), home)}</p></blockquote>`;
  if (!block.startsWith('* ')) return `<p>${inline(block, home)}</p>`;
  const points = block.split('\n').map((line) => `<li>${inline(line.replace(/^\* /, ''), home)}</li>`);
  return `<ul>\n${points.join('\n')}\n</ul>`;
}

function figure(caption: string, drawing: string, home: string): string {
  const source = `${home}/wp-content/uploads/drawings/${drawing}.svg`;
  return `<figure class="wp-block-image"><img loading="lazy" decoding="async" width="640" height="360" src="${source}" alt="${escapeHtml(drawing)}" /><figcaption class="small">${inline(caption, home)}</figcaption></figure>`;
}

function inline(text: string, home: string): string {
  return escapeHtml(typeset(text)).replace(
    /\[([^\]]+)\]\((\/[^)]*)\)/g,
    (_, words: string, path: string) => `<a href="${home}${path}">${words}</a>`,
  );
}

function linked(html: string): string {
  return html.replace(/https?:\/\/[^\s<]+/g, (address) => `<a href="${address}" rel="nofollow ugc">${address}</a>`);
}
