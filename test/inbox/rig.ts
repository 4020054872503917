import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadedConfig } from '../../src/config/load.ts';
import { configSchema, type HoldfastConfig } from '../../src/config/schema.ts';
import { type Entry, entryOf } from '../../src/inbox/entry.ts';
import { startInbox } from '../../src/inbox/open.ts';
import type { PageSource } from '../../src/inbox/pages.ts';
import type { Event } from '../../src/inbox/service.ts';
import type { Folder } from '../../src/inbox/spool.ts';
import { systemClock } from '../../src/model/clock.ts';
import { createSite, type Site } from '../../src/model/site.ts';

/** The public host of every site here. */
export const SITE = 'https://www.example.org';

/** What one POST was answered with. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Of a submission that was kept. */
  readonly receipt: string | undefined;
}

/** How a form is posted; by default as a browser does from a page of the site. */
export interface PostOptions {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Buffer;
  readonly method?: string;
  /** A connection of its own where none is named. */
  readonly agent?: Agent;
}

/** A comment as WordPress's form sends it. */
export const comment = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  comment: 'A fine day',
  author: 'Ann',
  email: 'ann@private.example',
  url: '',
  submit: 'Post Comment',
  comment_post_ID: '5',
  comment_parent: '0',
  ...more,
});

/** Posts a form to a port on loopback. */
export function post(
  port: number,
  fields: Readonly<Record<string, string>>,
  { path = '/wp-comments-post.php', headers = {}, body, method = 'POST', agent }: PostOptions = {},
): Promise<Answer> {
  const usual = {
    'content-type': 'application/x-www-form-urlencoded',
    origin: SITE,
    referer: `${SITE}/announcement/`,
    ...headers,
  };
  const sent = Object.fromEntries(Object.entries(usual).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const asking = request(
      { host: '127.0.0.1', port, method, path, headers: sent, agent: agent ?? false },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        answer.once('error', reject);
        answer.once('end', () => {
          const receipt = /&quot;receipt&quot;:&quot;([0-9a-f]{32})/.exec(text)?.[1];
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text, receipt });
        });
      },
    );
    asking.once('error', reject);
    asking.end(body ?? new URLSearchParams(fields).toString());
  });
}

/** A configuration as `loadConfig` gives it, whose state lies in `root`. */
export function loadedIn(root: string, written: Partial<HoldfastConfig>): LoadedConfig {
  const config = configSchema.parse({
    site: { name: 'Tide pools', url: SITE },
    origin: { url: 'http://127.0.0.1:9' },
    lanes: [{ name: 'hot', paths: ['/'], every: '1m' }],
    destinations: [{ use: 'mirror', dir: 'mirror' }],
    ...written,
    inbox: { listen: '127.0.0.1:0', ...written.inbox },
  });
  const stateDir = join(root, 'state');
  return { config, environment: 'production', root, path: join(root, 'holdfast.config.json'), stateDir, secrets: [] };
}

/** Its site; `siteOf` would bring the whole program into a child of the fault tests. */
export function siteIn({ config }: LoadedConfig): Site {
  return createSite({ name: config.site.name, url: config.site.url, origin: config.origin.url, aliases: [] });
}

/** Pages with nothing but what the inbox puts in. */
export const PAGES: PageSource = {
  holding: async (name) => `<!doctype html><title>${name}</title><body><div id="holdfast-inbox"></div></body>`,
  pieces: {
    received: '<a href="{{page}}">back</a><div data-comment="{{comment}}"></div>',
    notKept: '<p data-for="full busy">full</p>\n<p data-for="too-many">many</p>\n<textarea>\n{{text}}</textarea>',
    remember: '/* remember */',
  },
};

/** A service of this process, with a folder of its own. */
export interface Inbox {
  readonly port: number;
  readonly root: string;
  readonly spool: string;
  readonly log: readonly Event[];
  post(fields: Readonly<Record<string, string>>, options?: PostOptions): Promise<Answer>;
  entries(folder?: Folder): Promise<readonly Entry[]>;
  /** The bytes of each file in a folder of the spool. */
  files(folder?: Folder): Promise<readonly Buffer[]>;
  /** Ends the service and starts another on the same spool. */
  restart(): Promise<Inbox>;
  close(): Promise<void>;
}

/** Starts the service for an origin. */
export async function openInbox(
  origin: string,
  inbox: NonNullable<HoldfastConfig['inbox']> = {},
  root?: string,
): Promise<Inbox> {
  const folder = root ?? (await mkdtemp(join(tmpdir(), 'holdfast-inbox-')));
  const loaded = loadedIn(folder, { origin: { url: origin }, inbox });
  const log: Event[] = [];
  const service = await startInbox({
    loaded,
    site: siteIn(loaded),
    pages: PAGES,
    clock: systemClock,
    log: (event) => log.push(event),
  });
  const spool = join(folder, 'state/inbox');
  return {
    port: service.port,
    root: folder,
    spool,
    log,
    post: (fields, options) => post(service.port, fields, options),
    entries: async (of = 'new') => (await readdir(join(spool, of))).sort().flatMap((name) => entryOf(name) ?? []),
    files: async (of = 'new') => {
      const names = await readdir(join(spool, of));
      return Promise.all(names.map((name) => readFile(join(spool, of, name))));
    },
    restart: async () => {
      await service.drain();
      return openInbox(origin, inbox, folder);
    },
    close: async () => {
      await service.drain();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
