import { mkdir, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type * as Load from '../src/config/load.ts';
import type * as PreviewModule from '../src/preview/preview.ts';
import { inFolder, median, row } from './support.ts';

/** From the end of a save to the message that makes an open page load itself again; templates, words and pictures in turn. */
const SAVES = 15;
const PAGES = 50;
const ASKED_MS = 300;

const built = <T>(path: string): Promise<T> =>
  import(new URL(`../dist/${path}.js`, import.meta.url).href) as Promise<T>;
const { openPreview } = await built<typeof PreviewModule>('preview/preview');
const { loadConfig } = await built<typeof Load>('config/load');

const layout = (edition: string): string => `---\nlayout: base.njk\n---\n<p>${edition}</p>\n{{ content | safe }}\n`;
const words = (page: number, edition: string): string =>
  `---\ntitle: Page ${page}\nlayout: bench.njk\n---\n${edition}\n\n${'Some words that a page has. '.repeat(200)}\n`;
const holding = (edition: string): string => `---\nname: busy\ntitle: Busy\nlead: ${edition}\n---\nWords.\n`;
const picture = (edition: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>${edition}</title></svg>`;

await inFolder(async (dir) => {
  await writeProject(dir);
  const preview = await openPreview(await loadConfig({ cwd: dir, env: {} }), {}, new AbortController().signal);
  const events = await listen(preview.url.replace('localhost', '127.0.0.1'));
  const save = async (path: string, text: string): Promise<number> => {
    const began = performance.now();
    const next = events.next();
    await writeFile(join(dir, path), text);
    await next;
    return performance.now() - began;
  };
  const saved: Readonly<Record<string, (index: number) => Promise<number>>> = {
    'a layout of every page': (index) => save('templates/bench.njk', layout(`edition ${index}`)),
    'the words of a page': (index) => save('content/page-7.md', words(7, `edition ${index}`)),
    'a holding page': (index) => save('content/holding/busy.md', holding(`edition ${index}`)),
    'a picture': (index) => save('content/picture.svg', picture(index)),
  };
  console.log(`\n${PAGES} pages, ${SAVES} saves of each\n\n| what | measured | asked for |\n|---|---|---|`);
  for (const [what, once] of Object.entries(saved)) {
    const times: number[] = [];
    for (let index = 0; index < SAVES; index++) {
      times.push(await once(index));
      await wait(100);
    }
    row(`${what}: median`, `${median(times).toFixed(0)} ms`, `≤ ${ASKED_MS} ms`);
    row(`${what}: slowest`, `${Math.max(...times).toFixed(0)} ms`, `≤ ${ASKED_MS} ms`);
  }
  events.close();
  await preview.close();
});

async function writeProject(dir: string): Promise<void> {
  const config = {
    site: { name: 'Bench', url: 'https://www.example.org' },
    origin: { url: 'http://127.0.0.1:9' },
    lanes: [{ name: 'hot', paths: ['/'], every: '1h' }],
    destinations: [{ use: 'mirror', dir: 'mirror' }],
  };
  for (const folder of ['templates', 'content/holding']) await mkdir(join(dir, folder), { recursive: true });
  await writeFile(join(dir, 'holdfast.config.json'), JSON.stringify(config));
  await writeFile(join(dir, 'templates/bench.njk'), layout('first'));
  await writeFile(join(dir, 'content/holding/busy.md'), holding('first'));
  await writeFile(join(dir, 'content/picture.svg'), picture(-1));
  for (let page = 0; page < PAGES; page++) await writeFile(join(dir, `content/page-${page}.md`), words(page, 'first'));
}

/** Connects as an open page does; `next` resolves with the next message that a file changed. */
async function listen(site: string): Promise<{ next(): Promise<void>; close(): void }> {
  const url = `${site}_holdfast/preview/events?draft=none`;
  const response = await new Promise<IncomingMessage>((resolve, reject) => get(url, resolve).on('error', reject));
  let told = () => {};
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      told = resolve;
    });
  // It is told at once of what it missed, since it names no draft.
  const missed = next();
  response.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('event: trouble')) throw new Error(text);
    if (text.includes('event: changed')) told();
  });
  await missed;
  return { next, close: () => response.destroy() };
}
