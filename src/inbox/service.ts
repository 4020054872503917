import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { InboxConfig } from '../config/schema.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Site } from '../model/site.ts';
import { endToEnd } from '../origin/hand.ts';
import { systemCode } from '../store/files.ts';
import { publicLocation } from './attempt.ts';
import { REFUSAL_STATUS, type Refusal } from './checks.ts';
import { type Form, pathOf } from './forms.ts';
import { headerOf } from './judge.ts';
import { notKeptPage, type PageSource, receivedPage } from './pages.ts';
import type { Posted, Receiver, Verdict } from './receive.ts';
import type { Trust } from './visitor.ts';

/** One line of the service's log. It holds nothing of the visitor's: no word, name or address. */
export interface Event {
  readonly event: 'handed' | 'kept' | 'refused' | 'broken';
  readonly status: number;
  readonly ms: number;
  readonly receipt?: string;
  readonly why?: string;
}

export interface ServiceOptions {
  readonly config: InboxConfig;
  readonly site: Site;
  readonly forms: readonly Form[];
  readonly trust: Trust;
  readonly receiver: Receiver;
  readonly pages: PageSource;
  readonly log: (event: Event) => void;
}

/** The service while it listens. */
export interface Service {
  readonly port: number;
  /** Takes nothing new, lets what is under way end, and resolves when all is answered. */
  drain(): Promise<void>;
}

/** A form of 16 KB takes less by any line; who sends slower only holds a connection. */
const REQUEST_MS = 15_000;
/** Longer than the edge keeps a connection, so that it never sends a form into one that is being closed. */
const KEEP_ALIVE_MS = 120_000;
/** What an answer may take beyond the try of the origin when the service is told to end. */
const DRAIN_MS = 10_000;
/** Asked by who wants to know that the service runs. */
export const ALIVE_PATH = '/_holdfast/inbox';
export const ALIVE_STATUS = 204;

/** Listens; rejects with `inbox-unlistenable`. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const stopping = new AbortController();
  let isEnding = false;
  const server = createServer((request, response) => {
    // One that the edge would keep is waited for by nobody: the next service has the port only when this one is over.
    response.once('close', () => {
      if (isEnding) server.closeIdleConnections();
    });
    void answer(request, response, { ...options, signal: stopping.signal });
  });
  server.requestTimeout = REQUEST_MS;
  server.headersTimeout = REQUEST_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await listen(server, options.config.listen);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    drain: () =>
      new Promise((resolve) => {
        isEnding = true;
        const force = setTimeout(() => {
          stopping.abort(new Error('the service ends'));
          server.closeAllConnections();
        }, options.config.deadline + DRAIN_MS);
        server.close(() => {
          clearTimeout(force);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

function listen(server: Server, place: string): Promise<void> {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(place) ?? [];
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const hint = 'is another inbox running, or is the port taken? see inbox.listen';
      const why = systemCode(error) || error.message;
      reject(new HoldfastError('inbox-unlistenable', `${place}: ${why}`, { cause: error, hint }));
    });
    server.listen(Number(port), host, 1024, resolve);
  });
}

interface Answering extends ServiceOptions {
  readonly signal: AbortSignal;
}

/** One request, whatever becomes of it; never rejects. */
async function answer(request: IncomingMessage, response: ServerResponse, options: Answering): Promise<void> {
  const began = performance.now();
  const told = (event: Omit<Event, 'ms'>) => options.log({ ...event, ms: Math.round(performance.now() - began) });
  try {
    const event = await respond(request, response, options);
    if (event !== undefined) told(event);
  } catch (error) {
    told(broken(error));
    if (response.headersSent) response.destroy();
    else await refuse(response, options, 'busy', '').catch(() => response.destroy());
  }
}

type Told = Omit<Event, 'ms'> | undefined;

function broken(error: unknown): Omit<Event, 'ms'> {
  const why = error instanceof HoldfastError ? error.code : systemCode(error) || 'unexpected';
  return { event: 'broken', status: REFUSAL_STATUS.busy, why };
}

async function respond(request: IncomingMessage, response: ServerResponse, options: Answering): Promise<Told> {
  const { method, url = '/' } = request;
  const path = pathOf(url);
  const isRead = method === 'GET' || method === 'HEAD';
  if (isRead && path === ALIVE_PATH)
    return void response.writeHead(ALIVE_STATUS, { 'cache-control': 'no-store' }).end();
  const form = options.forms.find((one) => one.takes(path));
  if (form === undefined) return void response.writeHead(404, PLAIN).end('not found\n');
  if (method !== 'POST') return void response.writeHead(405, { ...PLAIN, allow: 'POST' }).end('method not allowed\n');
  const body = await bodyOf(request, options.config.limits.body);
  if (body === undefined) return refuse(response, options, 'too-large', '');
  const posted = postedOf(request, body, options.trust);
  const verdict = await options.receiver.receive(posted, form, options.signal);
  return tell(response, verdict, { posted, options });
}

const PLAIN = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' } as const;
const PAGE = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'x-robots-tag': 'noindex',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
} as const;

/** The whole body, undefined where it is larger than `most`; the rest of such a one is read away, so that the sender hears the answer. */
async function bodyOf(request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > most * 64) request.destroy();
    if (size <= most) parts.push(part);
  }
  return size > most ? undefined : Buffer.concat(parts);
}

function postedOf(request: IncomingMessage, body: Buffer, trust: Trust): Posted {
  const { headers, socket, url = '/' } = request;
  const forwarded = headers['x-forwarded-for'];
  return {
    path: url.replace(/#.*$/s, ''),
    contentType: headers['content-type'] ?? '',
    provenance: { origin: headers.origin, referer: headers.referer },
    address: trust.addressOf(socket.remoteAddress, Array.isArray(forwarded) ? forwarded.join(',') : forwarded),
    agent: (headers['user-agent'] ?? '').slice(0, 250),
    headers: endToEnd(request),
    body,
  };
}

interface Asked {
  readonly posted: Posted;
  readonly options: Answering;
}

async function tell(response: ServerResponse, verdict: Verdict, { posted, options }: Asked): Promise<Told> {
  if (verdict.kind === 'refused') return refuse(response, options, verdict.refusal, verdict.text);
  if (verdict.kind === 'broken') {
    await refuse(response, options, 'busy', verdict.text);
    return broken(verdict.error);
  }
  if (verdict.kind === 'handed') return handBack(response, verdict.answer, options.site);
  const { receipt, at, words } = verdict;
  const page = pagePath(posted, options.site);
  const html = await receivedPage(options.pages, { receipt, page, author: words.author, text: words.text, at });
  response.writeHead(202, PAGE).end(html);
  return { event: 'kept', status: 202, receipt };
}

function handBack(response: ServerResponse, answer: Extract<Verdict, { kind: 'handed' }>['answer'], site: Site): Told {
  const isLocation = (name: string) => name.toLowerCase() === 'location';
  const headers = answer.headers.flatMap(([name, value]) => [
    name,
    isLocation(name) ? publicLocation(value, site) : value,
  ]);
  response.sendDate = headerOf(answer.headers, 'date') === '';
  response.writeHead(answer.status, headers).end(answer.body);
  return { event: 'handed', status: answer.status };
}

async function refuse(response: ServerResponse, options: Answering, refusal: Refusal, text: string): Promise<Told> {
  const status = REFUSAL_STATUS[refusal];
  const html = await notKeptPage(options.pages, refusal, text);
  const later = status === 503 || status === 429 ? { 'retry-after': '60' } : {};
  response.writeHead(status, { ...PAGE, ...later }).end(html);
  return { event: 'refused', status, why: refusal };
}

/** Where the form stood, on our own site, to lead back to; the front page where the browser does not say. */
function pagePath({ provenance }: Posted, { hosts }: Site): string {
  const { referer = '' } = provenance;
  if (!URL.canParse(referer)) return '/';
  const url = new URL(referer);
  return hosts.has(url.host) && !url.pathname.startsWith('//') ? url.pathname : '/';
}
