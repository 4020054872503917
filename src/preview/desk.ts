import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EdgeConfig } from '../config/schema.ts';
import { facts } from './pages/card.ts';
import { framed } from './pages/frame.ts';
import { look } from './pages/look.ts';
import { SCRIPT } from './pages/script.ts';
import { sheet } from './pages/sheet.ts';
import { STYLE } from './pages/style.ts';
import { playOf } from './play.ts';
import type { Handler } from './serve.ts';
import type { Showing } from './state.ts';

export interface DeskOptions {
  readonly siteName: string;
  readonly showing: Showing;
  readonly rules: EdgeConfig;
  readonly inbox: boolean;
  /** The site's origin in the preview. */
  readonly site: string;
}

/** A form is some words; past this it is none of ours. */
const MAX_FORM = 4_096;

/** The editor's own pages. Only `POST /play` changes anything, and only from the desk's own pages. */
export function openDesk(options: DeskOptions): Handler {
  return (request, response) => {
    route(request, response, options).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(String(error));
    });
  };
}

async function route(request: IncomingMessage, response: ServerResponse, options: DeskOptions): Promise<void> {
  const { showing } = options;
  const url = new URL(request.url ?? '/', 'http://localhost');
  const asked = `${request.method === 'HEAD' ? 'GET' : request.method} ${url.pathname}`;
  if (asked === 'POST /play') return play(request, response, options);
  request.resume();
  if (asked === 'GET /desk.css') return send(response, 'text/css', STYLE, options);
  if (asked === 'GET /desk.js') return send(response, 'text/javascript', SCRIPT, options);
  if (asked === 'GET /events') return showing.listen(response, url.searchParams.get('draft'));
  if (asked === 'GET /facts') return sendFacts(response, url.searchParams.get('file'), options);
  if (asked === 'GET /' || asked === 'GET /look') return sendPage(response, url, options);
  response
    .writeHead(404, { 'content-type': 'text/plain' })
    .end('The desk has no such page. The site is at the other address.\n');
}

function sendPage(response: ServerResponse, { pathname, searchParams }: URL, options: DeskOptions): void {
  const { siteName, showing, rules, inbox, site } = options;
  const { draft, trouble, version, play: now } = showing;
  const here = pathname === '/' ? 'pages' : 'look';
  const path = pathOf(searchParams.get('path') ?? '/');
  const main =
    draft === undefined
      ? '<h1>Nothing to show yet</h1><p class="intro">The pages are being made, or something is wrong with each of them.</p>'
      : here === 'pages'
        ? sheet(draft, site)
        : look({ draft, rules, inbox, play: now, path, site });
  const title = here === 'pages' ? 'Contact sheet' : path;
  send(response, 'text/html; charset=utf-8', framed(main, { siteName, title, here, trouble, version }), options);
}

/** A path of the site and nothing else: it becomes the address of a frame. */
function pathOf(text: string): string {
  return /^\/(?![/\\])/.test(text) ? text : `/${text.replace(/^[/\\]+/, '')}`;
}

function sendFacts(response: ServerResponse, file: string | null, options: DeskOptions): void {
  const page = options.showing.draft?.written.find(({ path }) => path === file);
  if (page === undefined) response.writeHead(204).end();
  else send(response, 'text/html; charset=utf-8', facts(page), options);
}

async function play(request: IncomingMessage, response: ServerResponse, options: DeskOptions): Promise<void> {
  const { showing } = options;
  const isOwn = request.headers.origin === `http://${request.headers.host}`;
  const form = isOwn ? await formOf(request) : undefined;
  const names = showing.draft?.holding.map(({ name }) => name) ?? [];
  const next = form === undefined ? undefined : playOf(form, showing.play, names);
  if (form === undefined || next === undefined) {
    response.writeHead(isOwn ? 400 : 403, { 'content-type': 'text/plain' }).end('That is nothing to play.\n');
    return;
  }
  showing.setPlay(next);
  const back = form.get('back') ?? '/look';
  response.writeHead(303, { location: /^\/(?:look\?.*)?$/.test(back) ? back : '/look' }).end();
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += (part as Buffer).length;
    if (size > MAX_FORM) return undefined;
    parts.push(part as Buffer);
  }
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'));
}

function send(response: ServerResponse, type: string, body: string, { site }: DeskOptions): void {
  response.writeHead(200, {
    'content-type': type,
    'cache-control': 'no-store',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': `default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; frame-src ${site}; form-action 'self' ${site}; frame-ancestors 'none'; base-uri 'none'`,
  });
  response.end(body);
}
