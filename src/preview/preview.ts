import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { PACKAGE_ROOT, stateFiles } from '../cycle/workplace.ts';
import { openDesk } from './desk.ts';
import { type Drafts, openDrafts } from './draft.ts';
import { DESK_HOST, type Handlers, PORT, SITE_HOST, serve } from './serve.ts';
import { openSite } from './site.ts';
import { openShowing, type Showing } from './state.ts';
import { watchPaths } from './watch.ts';

export interface PreviewWish {
  /** Looked for first; the next that is free is taken. */
  readonly port?: number;
}

/** A preview that is open. */
export interface Preview {
  /** What an editor opens: `http://localhost:4600/`. */
  readonly url: string;
  /** Ends the server, the child that builds, and every page's connection. */
  close(): Promise<void>;
}

/** Opens the preview: resolves when it answers, shows what is saved now, and follows what is saved from now on. It writes nothing. */
export async function openPreview(
  loaded: LoadedConfig,
  { port = PORT }: PreviewWish,
  signal: AbortSignal,
): Promise<Preview> {
  const ending = new AbortController();
  signal.addEventListener('abort', () => ending.abort(signal.reason));
  const later: { handlers?: Handlers } = {};
  const serving = await serve(
    {
      desk: (request, response) => later.handlers?.desk(request, response),
      site: (request, response) => later.handlers?.site(request, response),
    },
    port,
  );
  const [desk, site] = [DESK_HOST, SITE_HOST].map((host) => `http://${host}:${serving.port}`) as [string, string];
  const drafts = openDrafts(loaded, site);
  const showing = openShowing(drafts);
  const rules = loaded.config.edge;
  const inbox = loaded.config.inbox !== undefined;
  const siteName = loaded.config.site.name;
  later.handlers = {
    desk: openDesk({ siteName, showing, rules, inbox, site }),
    site: openSite({ showing, rules, inbox, desk }),
  };
  await follow(loaded, showing, ending.signal);
  await showing.refresh(ending.signal);
  return { url: `${desk}/`, close: () => close({ ending, showing, drafts, serving }) };
}

/** Follows templates, words, pictures, and what runs capture. */
function follow(loaded: LoadedConfig, showing: Showing, signal: AbortSignal): Promise<void> {
  const { root, config, path, stateDir } = loaded;
  const { templates, content } = config.compose;
  const files = stateFiles(stateDir);
  const folders = [root, PACKAGE_ROOT].flatMap((base) =>
    (base === root ? [templates, content] : ['templates', 'content']).map((folder) => join(base, folder)),
  );
  return watchPaths(
    {
      paths: [...new Set([...folders, path, files.snapshot, files.threads])],
      changed: (paths) => {
        if (paths.has(path)) showing.setStale(STALE);
        void showing.refresh(signal);
      },
    },
    signal,
  );
}

const STALE = {
  text: 'the configuration file has changed since the preview began',
  hint: 'end the preview (Ctrl-C) and start it again',
};

interface Open {
  readonly ending: AbortController;
  readonly showing: Showing;
  readonly drafts: Drafts;
  readonly serving: { close(): Promise<void> };
}

async function close({ ending, showing, drafts, serving }: Open): Promise<void> {
  ending.abort();
  showing.hub.close();
  await serving.close();
  await drafts.close();
}
