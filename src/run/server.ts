import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asHoldfastError, HoldfastError } from '../model/errors.ts';
import { systemCode } from '../store/files.ts';

/** What an address of the server answers. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers one request; undefined where it has answered by itself (a stream). */
export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<Reply | undefined> | Reply | undefined;

/** `GET /status.json` and so on; a path that is here by another method answers 405. */
export type Routes = Readonly<Record<string, Handler>>;

/** The server of the resident process. */
export interface StatusServer {
  /** `http://127.0.0.1:8787`, with the port that it really has. */
  readonly url: string;
  close(): Promise<void>;
}

export interface ServerOptions {
  /** Host and port, as in `run.listen`. */
  readonly listen: string;
  /** Host names it may be asked by, beside addresses and localhost; asked for at each request, since the configuration may change. */
  readonly hosts: () => readonly string[];
  readonly routes: Routes;
}

/** A person and a few hooks, not the public: more at once is a mistake. */
const MOST_CONNECTIONS = 64;
const REQUEST_MS = 10_000;

/** No page elsewhere may frame it, and it asks nobody else for anything. */
export const SAFE: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** Listens. Throws `usage` where the address is taken or is none of this machine's. */
export async function startServer({ listen, hosts, routes }: ServerOptions): Promise<StatusServer> {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(listen) ?? [];
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
    void answer(request, response, { hosts, routes }).catch(() => response.destroy());
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listening(server, { host, port: Number(port) });
  server.unref();
  const at = server.address() as AddressInfo;
  return {
    url: `http://${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, at: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const why = systemCode(error) || error.message;
      reject(
        new HoldfastError('usage', `${at.host}:${at.port} cannot be listened on: ${why}`, {
          hint: 'name another address as `run.listen`, or see whether another run is at work: holdfast status',
        }),
      );
    });
    server.listen(at, resolve);
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { hosts, routes }: Pick<ServerOptions, 'hosts' | 'routes'>,
): Promise<void> {
  const reply = isOurs(request.headers.host, hosts())
    ? await routed(request, response, routes).catch(failed)
    : text(421, 'this name is none of ours: see `run.hosts`\n');
  if (reply === undefined || response.headersSent) return;
  const { status, headers, body } = reply;
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...SAFE, ...headers });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** By its code alone: the words of an error may hold what is not for everybody who may look. */
function failed(error: unknown): Reply {
  return text(500, `${asHoldfastError(error).code}: the log of the process says more\n`);
}

async function routed(request: IncomingMessage, response: ServerResponse, routes: Routes): Promise<Reply | undefined> {
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
  const path = (request.url ?? '/').replace(/\?.*$/, '');
  const handler = routes[`${method} ${path}`];
  if (handler !== undefined) return handler(request, response);
  const others = Object.keys(routes).filter((route) => route.endsWith(` ${path}`));
  if (others.length === 0) return text(404, 'nothing is here\n');
  return {
    ...text(405, 'not by this method\n'),
    headers: { allow: others.map((route) => route.split(' ')[0]).join(', ') },
  };
}

/** A plain answer. */
export function text(status: number, body: string): Reply {
  return { status, body };
}

/** A JSON answer. */
export function json(status: number, value: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: `${JSON.stringify(value)}\n` };
}

/** False for a name that somebody's DNS may have led here: their page would speak to us as one of our own. */
export function isOurs(host: string | undefined, hosts: readonly string[]): boolean {
  if (host === undefined) return false;
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return /^(localhost|\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/.test(name) || hosts.includes(name);
}
