import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import type { PageSource } from '../inbox/pages.ts';
import { asHoldfastError } from '../model/errors.ts';
import { HOLDING_FOLDER } from '../model/holding.ts';
import { holdingPagesNow } from './edge.ts';
import { readPiece } from './pieces.ts';

/**
 * The inbox's pages: of the release that is live in the first mirror, as of now; what it has not is composed here, once, beside the first answers.
 * Needs nothing of the origin. Templates that do not render are told by `note`: the answers are plain then, and nothing is lost.
 */
export async function openInboxPages(loaded: LoadedConfig, io: InboxPagesIo): Promise<PageSource> {
  const [received = '', notKept = '', remember = ''] = await Promise.all(
    ['received.html', 'not-kept.html', 'remember.js'].map((name) => readPiece(loaded, name)),
  );
  const live = (name: InboxPage) => readLive(loaded, name);
  const published = await Promise.all(INBOX_PAGES.map(live));
  let composed: ReadonlyMap<string, string> = new Map();
  // Comments are taken meanwhile, and answered with plain pages.
  if (published.includes(undefined))
    void composeHolding(loaded, io).then(
      (pages) => {
        composed = pages;
      },
      () => undefined,
    );
  return {
    pieces: { received, notKept, remember },
    holding: async (name) => (await live(name)) ?? composed.get(name),
  };
}

export interface InboxPagesIo {
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

const INBOX_PAGES = ['received', 'not-kept'] as const;
type InboxPage = (typeof INBOX_PAGES)[number];

async function readLive({ root, config }: LoadedConfig, name: InboxPage): Promise<string | undefined> {
  const mirror = config.destinations.find((destination) => destination.use === 'mirror');
  if (mirror === undefined) return undefined;
  return readFile(resolve(root, mirror.dir, 'current', HOLDING_FOLDER, `${name}.html`), 'utf8').catch(() => undefined);
}

async function composeHolding(
  loaded: LoadedConfig,
  { note, signal }: InboxPagesIo,
): Promise<ReadonlyMap<string, string>> {
  const pages = await holdingPagesNow(loaded, signal).catch((error: unknown) => {
    const { message } = asHoldfastError(error);
    note(`inbox: ${message}; its answers are plain pages until that is put right`);
    return [];
  });
  return new Map(pages.map(({ name, html }) => [name, html.toString('utf8')]));
}
