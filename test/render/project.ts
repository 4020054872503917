import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Errors from '../../src/model/errors.ts';
import type * as Compose from '../../src/render/compose.ts';
import type { ComposeData, ComposeOptions } from '../../src/render/compose.ts';
import { importBuilt } from '../support/built.ts';

const { isHoldfastError } = await importBuilt<typeof Errors>('model/errors');
/** As it was built: each build is a process, and there are many. */
export const { compose, composeKey } = await importBuilt<typeof Compose>('render/compose');

/** Folder of the package, with the built-in templates and content. */
export const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

export const DATA: ComposeData = {
  site: { name: 'Example', url: 'https://www.example.org', language: 'en' },
  environment: 'production',
  pages: [{ address: '/', title: 'Home' }],
};

/** A theme of one layout that adds nothing. */
export const BARE = { 'templates/page.njk': '{{ content | safe }}' };

const folders: string[] = [];

/** A new folder with these files; `removeProjects` takes it away. */
export async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  folders.push(root);
  await write(root, files);
  return root;
}

export async function write(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
}

export async function removeProjects(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

export function options(root: string, changes: Partial<ComposeOptions> = {}): ComposeOptions {
  const { signal } = new AbortController();
  return { root, templates: 'templates', content: 'content', fallback: PACKAGE, data: DATA, at: 0, signal, ...changes };
}

/** What a build gives, as text by path. */
export async function pages(root: string, changes: Partial<ComposeOptions> = {}): Promise<Map<string, string>> {
  const composed = await compose(options(root, changes));
  return new Map(composed.pages.map(({ path, html }) => [path, html.toString('utf8')]));
}

/** The message a build of these files is refused with; fails where it is not, or where no hint is given. */
export async function refusal(
  files: Readonly<Record<string, string>>,
  changes: Partial<ComposeOptions> = {},
): Promise<string> {
  const root = await project(files);
  const made = await compose(options(root, changes)).catch((error: unknown) => error);
  if (!isHoldfastError(made, 'template-broken')) throw made instanceof Error ? made : new Error('nothing was refused');
  if (made.hint === undefined) throw new Error('no hint');
  return made.message;
}
