import { extname } from 'node:path';
import type { InputFile } from './inputs.ts';

/** Files in which a word may name data; a style sheet or a picture cannot. */
const TEXTS: ReadonlySet<string> = new Set(['.njk', '.md', '.html', '.json']);
/** Layouts of content that names none. */
const LAYOUTS: ReadonlySet<string> = new Set(['page.njk', 'holding/page.njk', 'holding/tiny.njk']);

/**
 * Whether composed pages may show the newest comments: they are named in content of the project, or in a template that is named there, or in one that such a one names.
 * Where the project has templates of its own, which may put names together, in any. Built-in content shows none. A new comment would else have
 * Eleventy start for pages without any.
 */
export function mayShowComments(inputs: readonly InputFile[]): boolean {
  const texts = inputs.filter(({ name }) => TEXTS.has(extname(name)));
  const own = texts.filter(({ shown }) => !shown.startsWith('built-in '));
  const all = own.some(({ name }) => name.startsWith('templates/')) ? texts : reachedFrom(own, texts);
  return all.some(({ bytes }) => /\bcomments\b/.test(bytes.toString('utf8')));
}

function reachedFrom(content: readonly InputFile[], texts: readonly InputFile[]): readonly InputFile[] {
  const templates = texts
    .filter(({ name }) => name.startsWith('templates/'))
    .map((file) => [nameOf(file), file] as const);
  const layouts = templates.filter(([name]) => LAYOUTS.has(name)).map(([, file]) => file);
  const reached = new Set([...content, ...layouts]);
  // A set is walked to its end, also to what is added on the way.
  for (const { bytes } of reached) for (const [name, file] of templates) if (bytes.includes(name)) reached.add(file);
  return [...reached];
}

/** As content and other templates name it: `base.njk`. */
const nameOf = ({ name }: InputFile): string => name.slice('templates/'.length);
