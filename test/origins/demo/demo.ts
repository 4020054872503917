import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type Breakage, brokenReply, SLOW_MS, sendBadly } from './breakage.ts';
import {
  type Comment,
  createJournal,
  type Journal,
  type NewComment,
  type NewPost,
  type Post,
  pathOf,
} from './journal.ts';
import { fillJournal } from './posts.ts';
import { type Asked, html, type Reply } from './reply.ts';
import { createRoutes } from './routes.ts';
import { announcementOf, type Site } from './site.ts';
import { createStatics } from './statics.ts';
import { createWorker } from './worker.ts';

export type { Breakage } from './breakage.ts';
export type { Comment, Post } from './journal.ts';

/** How the demo is started. */
export interface DemoOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Ten pages a second at most, whoever asks (default); false answers at once, for tests. */
  readonly slow?: boolean;
  /** How many posts beside the pages; default the written ones, more are made up. */
  readonly posts?: number;
  /** Adds a comment to the announcement every so many ms. */
  readonly trickle?: number;
  /** One comment in 15 s from one address, as WordPress has it; default off. */
  readonly flood?: boolean;
  /** ms since the epoch; default the real time. */
  readonly now?: () => number;
}

/** A request the demo saw. */
export interface Seen {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** ms since the epoch. */
  readonly at: number;
}

/** A running demo. Posts are named by their path, such as that of the announcement. */
export interface Demo {
  /** 'http://127.0.0.1:41234', without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Every request since the start, oldest first; may be emptied. */
  readonly log: Seen[];
  /** Path of the post that everybody comes for, and whose comments grow. */
  readonly announcement: string;
  /** What anybody may see: posts, newest first, then pages. */
  posts(): readonly Post[];
  comments(path: string): readonly Comment[];
  /** Breaks paths until mended; a path that ends with `*` is a prefix. Default all. The last one said wins. */
  break(how: Breakage, paths?: readonly string[]): void;
  /** Ends every breakage. */
  mend(): void;
  addComment(path: string, comment?: NewComment): Comment;
  addPost(post: NewPost): Post;
  editPost(
    path: string,
    fields: Partial<Pick<Post, 'title' | 'text' | 'excerpt' | 'tags' | 'category' | 'commentsOpen'>>,
  ): void;
  removePost(path: string): void;
  /** Private posts answer 404; `false` shows it again. */
  setPrivate(path: string, isPrivate?: boolean): void;
  setPassword(path: string, password: string): void;
  /** Ends every connection and frees the port. */
  close(): Promise<void>;
}

/** More than any form needs. */
const MOST_FORM_BYTES = 1_000_000;

/** Starts the demo: a small journal, rendered anew for each visitor. Resolves when it listens. */
export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
  const now = options.now ?? Date.now;
  const host = options.host ?? '127.0.0.1';
  const journal = createJournal(now);
  fillJournal(journal, options.posts);
  const server = createServer({ keepAlive: true });
  await listen(server, options.port ?? 0, host);
  const { port } = server.address() as AddressInfo;
  const site: Site = { home: `http://${host}:${port}`, journal, now };
  const log: Seen[] = [];
  const broken: { how: Breakage; paths: readonly string[] }[] = [];
  const breakageOf = (path: string) =>
    broken.findLast(({ paths }) => paths.some((pattern) => covers(pattern, path)))?.how;
  const answer = createAnswer(site, options);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '/';
    log.push({ method: request.method ?? 'GET', path, headers: request.headers, at: now() });
    const how = breakageOf(path);
    respond(site, request, response, { how, answer }).catch(() => response.destroy());
  });
  const announcement = announcementOf(site);
  if (!announcement) throw new Error('the announcement is not among the posts');
  const trickle =
    options.trickle === undefined
      ? undefined
      : setInterval(() => journal.comment(announcement.id, {}), options.trickle).unref();
  return {
    url: site.home,
    port,
    log,
    announcement: pathOf(announcement),
    ...editing(journal, now),
    break: (how, paths = ['*']) => void broken.push({ how, paths }),
    mend: () => void broken.splice(0),
    close() {
      clearInterval(trickle);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

type Editing = Pick<
  Demo,
  'posts' | 'comments' | 'addComment' | 'addPost' | 'editPost' | 'removePost' | 'setPrivate' | 'setPassword'
>;

function editing(journal: Journal, now: () => number): Editing {
  const change = (path: string, fields: Partial<Post>) =>
    void Object.assign(existing(journal, path), fields, { modified: now() });
  return {
    posts: () => journal.visible(),
    comments: (path) => journal.commentsOf(existing(journal, path).id),
    addComment: (path, comment = {}) => journal.comment(existing(journal, path).id, comment),
    addPost: (post) => journal.add(post),
    editPost: (path, fields) => change(path, fields),
    removePost: (path) => journal.remove(existing(journal, path).id),
    setPrivate: (path, isPrivate = true) => change(path, { status: isPrivate ? 'private' : 'publish' }),
    setPassword: (path, password) => change(path, { password }),
  };
}

function existing(journal: Journal, path: string): Post {
  const post = journal.byPath(path);
  if (!post) throw new Error(`the demo has no ${path}; it has ${journal.visible().map(pathOf).join(' ')}`);
  return post;
}

type Answer = (asked: Asked) => Promise<Reply>;

function createAnswer(site: Site, options: DemoOptions): Answer {
  const statics = createStatics();
  const routes = createRoutes(site, { flood: options.flood ?? false });
  const worker = createWorker(options.slow ?? true);
  return async (asked) => statics(asked) ?? worker.serve(() => routes(asked));
}

async function respond(
  site: Site,
  request: IncomingMessage,
  response: ServerResponse,
  to: { how: Breakage | undefined; answer: Answer },
): Promise<void> {
  const { how, answer } = to;
  const asked = await readAsked(site, request);
  if (how === 'hang') return;
  if (how === 'refused') return void request.socket.destroy();
  if (how === 'slow') await wait(SLOW_MS);
  const reply =
    (how !== undefined ? brokenReply(site, how, asked.url) : undefined) ?? (await answer(asked).catch(failed));
  const body = Buffer.from(reply.body);
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value);
  response.statusCode = reply.status;
  if (how === 'drip' || how === 'truncated') return sendBadly(response, how, body);
  send(response, request, body);
}

function send(response: ServerResponse, request: IncomingMessage, body: Buffer): void {
  const bodyless = request.method === 'HEAD' || response.statusCode === 304 || response.hasHeader('Content-Length');
  if (bodyless) return void response.end(request.method === 'HEAD' || response.statusCode === 304 ? undefined : body);
  response.setHeader('Vary', 'Accept-Encoding');
  const packed = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  if (packed) response.setHeader('Content-Encoding', 'gzip');
  response.write(packed ? gzipSync(body) : body); // written first, so that no length is announced
  response.end();
}

async function readAsked(site: Site, request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_FORM_BYTES) throw new Error('the form is larger than any form needs');
    chunks.push(chunk);
  }
  return {
    method: request.method ?? 'GET',
    url: new URL(`${site.home}${request.url ?? '/'}`),
    headers: request.headers,
    from: request.socket.remoteAddress ?? '',
    form: new URLSearchParams(Buffer.concat(chunks).toString('utf8')),
  };
}

function failed(error: unknown): Reply {
  return html(
    `<!DOCTYPE html><title>500</title><pre>${String(error instanceof Error ? error.stack : error).replaceAll('<', '&lt;')}</pre></html>`,
    500,
  );
}

function covers(pattern: string, path: string): boolean {
  return pattern.endsWith('*')
    ? path.startsWith(pattern.slice(0, -1))
    : path === pattern || path.split('?')[0] === pattern;
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}
