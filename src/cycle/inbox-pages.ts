import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import type { PageSource } from '../inbox/pages.ts';
import { isHoldfastError } from '../model/errors.ts';
import { HOLDING_FOLDER } from '../model/holding.ts';
import { isAbsent } from '../store/files.ts';
import { holdingPagesNow } from './edge.ts';
import { PACKAGE_ROOT } from './workplace.ts';

/** A piece of `templates/inbox/`: the project's own, else the package's. */
export async function readPiece({ root, config }: LoadedConfig, name: string): Promise<string> {
  const own = resolve(root, config.compose.templates, 'inbox', name);
  return readFile(own, 'utf8').catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
    return readFile(join(PACKAGE_ROOT, 'templates/inbox', name), 'utf8');
  });
}

/**
 * The inbox's pages: of the release that is live in the first mirror, as of now; what it has not is composed here, at the start. Needs neither
 * the origin nor any state. Templates that do not render are told by `note`: the answers are plain then, and nothing is lost.
 */
export async function openInboxPages(loaded: LoadedConfig, io: InboxPagesIo): Promise<PageSource> {
  const [received = '', notKept = '', remember = ''] = await Promise.all(
    ['received.html', 'not-kept.html', 'remember.js'].map((name) => readPiece(loaded, name)),
  );
  const live = (name: InboxPage) => readLive(loaded, name);
  const published = await Promise.all(INBOX_PAGES.map(live));
  const composed = published.includes(undefined) ? await composeHolding(loaded, io) : new Map<string, string>();
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
    if (!isHoldfastError(error, 'template-broken')) throw error;
    note(`inbox: ${error.message}; its answers are plain pages until that is put right`);
    return [];
  });
  return new Map(pages.map(({ name, html }) => [name, html.toString('utf8')]));
}
