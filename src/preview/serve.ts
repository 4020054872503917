import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { HoldfastError } from '../model/errors.ts';

/** What is looked for first, and how many after it. */
export const PORT = 4600;
const PORTS = 50;

/** Names of this machine by which the preview is asked for: one shows the desk, the other the site, so that no page of the site is of the desk's origin. */
export const DESK_HOST = 'localhost';
export const SITE_HOST = '127.0.0.1';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** What answers to each of the two names. */
export interface Handlers {
  readonly desk: Handler;
  readonly site: Handler;
}

export interface Serving {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens on loopback only, on `port` or the next that is free. Requests for another host get 421: a name of somebody else's that leads here
 * would let their pages read these.
 */
export async function serve(handlers: Handlers, port: number): Promise<Serving> {
  const server = createServer((request, response) => {
    const host = hostOf(request);
    if (host === DESK_HOST) handlers.desk(request, response);
    else if (host === SITE_HOST) handlers.site(request, response);
    else response.writeHead(421, { 'content-type': 'text/plain' }).end('This is the preview of another site.\n');
  });
  for (let next = port; next < port + PORTS; next++) {
    if (await listens(server, next)) return { port: next, close: () => closed(server) };
  }
  throw new HoldfastError('usage', `no port from ${port} to ${port + PORTS - 1} is free`, {
    hint: 'name another with --port',
  });
}

function hostOf({ headers }: IncomingMessage): string {
  return (headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
}

function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    };
    server.once('error', fail);
    server.listen(port, SITE_HOST, () => {
      server.off('error', fail);
      resolve(true);
    });
  });
}

async function closed(server: Server): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await ended;
}
