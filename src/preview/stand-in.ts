import { escapeMarkup } from '../model/markup.ts';
import type { Told } from './answer.ts';

/** What is shown where there is no page of ours to show: the origin would answer, or the server with a few words of its own. */
export function standIn(told: Told | 'waiting', path: string): string {
  const [title, text] = told === 'waiting' ? ['Not yet', 'The first page is being made.'] : wordsFor(told, path);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeMarkup(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>:root{color-scheme:light dark}body{display:grid;place-content:center;min-height:100vh;margin:0;padding:1.5rem;box-sizing:border-box;font:1.0625rem/1.6 system-ui,sans-serif;background:repeating-linear-gradient(-45deg,transparent 0 14px,color-mix(in srgb,CanvasText 4%,transparent) 14px 15px),Canvas}main{max-width:32rem;padding:2rem;border:1px dashed GrayText;background:Canvas}h1{margin:0 0 .75rem;font-size:1.35rem;line-height:1.25}p{margin:0;overflow-wrap:anywhere}</style></head>
<body><main><h1>${escapeMarkup(title)}</h1><p>${escapeMarkup(text)}</p></main></body></html>
`;
}

function wordsFor({ answer, why }: Told, path: string): readonly [title: string, text: string] {
  switch (answer.from) {
    case 'origin':
    case 'inbox':
      return ['The site itself answers here', `The preview does not ask it. ${path}: ${why}.`];
    case 'holding':
      return [
        `There is no holding page “${answer.name}”`,
        `Visitors would get ${answer.status} and a few words of the server's own. Write content/holding/${answer.name}.md.`,
      ];
    default:
      return [`${answer.status}, in the server's own few words`, `${path}: ${why}.`];
  }
}
