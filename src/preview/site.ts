import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EdgeConfig } from '../config/schema.ts';
import { HOLDING_FOLDER } from '../model/holding.ts';
import type { ReleaseFile } from '../model/manifest.ts';
import { escapeMarkup } from '../model/markup.ts';
import { admit } from '../model/policy-tags.ts';
import { answerTo, KEPT, type Told } from './answer.ts';
import type { Draft } from './draft.ts';
import { FOLLOW } from './follow.ts';
import { originState } from './play.ts';
import type { Handler } from './serve.ts';
import { standIn } from './stand-in.ts';
import type { Showing } from './state.ts';

/** Where the preview's own files lie on the site's origin; no release has a file there. */
const OWN = '/_holdfast/preview/';
/** A file by its path, whatever the edge would answer: what thumbnails show. */
export const FILE = `${OWN}file/`;

export interface SiteOptions {
  readonly showing: Showing;
  readonly rules: EdgeConfig;
  readonly inbox: boolean;
  /** The desk's origin, which may frame these pages. */
  readonly desk: string;
}

/** Answers as the edge would, from what would be released now, and says with each answer why. */
export function openSite(options: SiteOptions): Handler {
  return (request, response) => {
    request.resume();
    answer(request, response, options).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(String(error));
    });
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, options: SiteOptions): Promise<void> {
  const { showing } = options;
  const [path = '/', query = ''] = splitAt(request.url ?? '/');
  if (path === `${OWN}follow.js`) {
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(FOLLOW);
  } else if (path === `${OWN}events`) {
    showing.listen(response, new URLSearchParams(query).get('draft'));
  } else if (path === '/_holdfast/origin.json') {
    // A page that is looked at by itself stands in for no other: it would load itself again and again.
    const isFile = new URL(request.headers.referer ?? 'http://none/').pathname.startsWith(FILE);
    const state = isFile ? 'down' : originState(showing.play.origin);
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify({ state }));
  } else if (showing.draft === undefined) {
    respond(request, response, {
      status: 503,
      type: HTML,
      body: Buffer.from(follow(standIn('waiting', ''), '', options)),
    });
  } else if (path.startsWith(FILE)) {
    await sendFile(showing.draft, decodeURIComponent(path.slice(FILE.length)), { request, response, options });
  } else {
    await sendAnswer(showing.draft, { path, query }, { request, response, options });
  }
}

const HTML = 'text/html; charset=utf-8';

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly options: SiteOptions;
}

async function sendFile(draft: Draft, path: string, exchange: Exchange): Promise<void> {
  const file = draft.release.find(`/${path}`);
  const body = file === undefined ? undefined : await draft.body(file.path);
  const { request, response, options } = exchange;
  if (file === undefined || body === undefined)
    respond(request, response, { status: 404, type: 'text/plain', body: Buffer.from('There is no such file.\n') });
  else respond(request, response, { status: 200, type: file.type, body: shown(file, body, { draft, options }) });
}

async function sendAnswer(
  draft: Draft,
  { path, query }: { readonly path: string; readonly query: string },
  { request, response, options }: Exchange,
): Promise<void> {
  const { showing, rules, inbox } = options;
  const method = request.method ?? 'GET';
  const asked = {
    method,
    path,
    query,
    cookies: cookiesOf(request),
    authorized: request.headers.authorization !== undefined,
  };
  const told = answerTo(asked, { rules, release: draft.release, play: showing.play, inbox });
  const { answer, why } = told;
  if (/^(?:document|iframe)$/.test(String(request.headers['sec-fetch-dest'])))
    showing.hub.tell('answered', { method, path: request.url ?? path, status: answer.status, from: answer.from, why });
  const headers = { 'x-holdfast-answer': inAscii(`${answer.from}; ${why}`), ...headersOf(told) };
  const file = fileOf(told, draft);
  const body = file === undefined ? undefined : await draft.body(file.path);
  if (file !== undefined && body !== undefined) {
    const to = answer.from === 'redirect' ? { location: answer.to } : {};
    respond(request, response, {
      status: answer.status,
      type: file.type,
      body: shown(file, body, { draft, options }),
      headers: { ...headers, ...to },
    });
    return;
  }
  const page = follow(standIn(told, path), '', options);
  respond(request, response, { status: answer.status, type: HTML, body: Buffer.from(page), headers });
}

function headersOf({ answer }: Told): Readonly<Record<string, string>> {
  return answer.from === 'holding' && answer.retryAfter !== null ? { 'retry-after': String(answer.retryAfter) } : {};
}

function fileOf({ answer }: Told, { release }: Draft): ReleaseFile | undefined {
  if (answer.from === 'release' || answer.from === 'redirect') return answer.file;
  if (answer.from === 'inbox' && answer.status === KEPT) return release.find(`/${HOLDING_FOLDER}received.html`);
  return answer.from === 'holding' ? release.find(`/${HOLDING_FOLDER}${answer.name}.html`) : undefined;
}

interface Response {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Nothing is kept by a browser, and nothing is loaded from anywhere else: no beacon fires, and nobody learns what is about to be published. */
function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body, headers = {} }: Response,
): void {
  response.writeHead(status, {
    ...headers,
    'content-type': type,
    'content-length': body.length,
    'cache-control': 'no-store',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': POLICY,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

const POLICY =
  "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; form-action 'self'; frame-ancestors 'self' http://localhost:*";

/** A page with the script that loads it again when it changed. */
function shown(
  { path, type }: ReleaseFile,
  body: Buffer,
  { draft, options }: { readonly draft: Draft; readonly options: SiteOptions },
): Buffer {
  if (!/^text\/html/i.test(type)) return body;
  const embargo = draft.embargo(path);
  const html = body.toString('latin1');
  return Buffer.from(follow(embargo === undefined ? html : beforeEnd(html, marked(embargo)), path, options), 'latin1');
}

/** Over the page, so that nobody takes it for what visitors get; ASCII, as all that is put into pages. */
function marked(embargo: string): string {
  return `<p role="note" data-preview-note>Preview: ${escapeMarkup(embargo)}</p>`;
}

function follow(html: string, path: string, { desk, showing }: SiteOptions): string {
  const tag = `<script src="${OWN}follow.js" data-file="${encodeURI(path)}" data-desk="${desk}" data-draft="${showing.version}"></script>`;
  const page = admit(html, { script: ["'self'"], connect: ["'self'"] });
  return beforeEnd(page, tag);
}

function beforeEnd(page: string, markup: string): string {
  const at = page.toLowerCase().lastIndexOf('</body');
  return at < 0 ? page + markup : page.slice(0, at) + markup + page.slice(at);
}

function splitAt(url: string): readonly string[] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url] : [url.slice(0, mark), url.slice(mark + 1)];
}

function cookiesOf({ headers }: IncomingMessage): readonly string[] {
  return (headers.cookie ?? '').split(';').flatMap((pair) => pair.split('=')[0]?.trim() || []);
}

function inAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]+/gu, (part) => encodeURIComponent(part));
}
