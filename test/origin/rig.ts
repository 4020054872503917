import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createRawServer, type Server, type Socket } from 'node:net';
import { configSchema, type OriginConfig } from '../../src/config/schema.ts';
import type { Answer } from '../../src/origin/answer.ts';
import { createOrigin, type LookRequest, type Origin, type OriginOptions } from '../../src/origin/client.ts';

/** A server on 127.0.0.1 and what it saw. */
export interface Rig {
  readonly url: string;
  readonly port: number;
  readonly connections: number;
  close(): Promise<void>;
}

/** Closes everything opened since, newest first; tests call it at their end. */
const opened: (() => Promise<void>)[] = [];

export async function closeAll(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close();
}

async function listen(server: Server): Promise<Rig> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  opened.push(close);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get connections() {
      return connections;
    },
    close,
  };
}

/** An ordinary HTTP server. */
export function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Rig> {
  return listen(createServer(answer));
}

export interface RawRequest {
  readonly path: string;
  /** Which request on its connection, from 1. */
  readonly nth: number;
  /** Which connection, from 1. */
  readonly connection: number;
}

/** A server that is handed the socket of each request, to answer as wrongly as it likes. */
export function serveRaw(answer: (socket: Socket, request: RawRequest) => void): Promise<Rig> {
  let connection = 0;
  const server = createRawServer((socket) => {
    connection += 1;
    const mine = connection;
    let nth = 0;
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const path = text.split(' ', 2)[1] ?? '';
        text = text.slice(end + 4);
        nth += 1;
        answer(socket, { path, nth, connection: mine });
      }
    });
  });
  return listen(server);
}

/** Parsed as a configuration file would be, without limits on speed unless they are given. */
export function originConfig(url: string, over: Partial<OriginConfig> = {}): OriginConfig {
  const { origin } = configSchema.parse({
    site: { name: 'Test', url: 'https://www.example.org' },
    origin: { url, requestsPerSecond: 0 },
    lanes: [{ name: 'hot', every: '1m', paths: ['/'] }],
    destinations: [{ use: 'mirror', dir: 'mirror' }],
  });
  return { ...origin, ...over };
}

/** A client for `url`, closed by `closeAll`. */
export function clientFor(
  url: string,
  over: Partial<OriginConfig> = {},
  options: Partial<Omit<OriginOptions, 'config'>> = {},
): Origin {
  const config = originConfig(url, over);
  const origin = createOrigin({ config, siteUrl: 'https://www.example.org', version: '1.2.3', ...options });
  opened.push(() => origin.close());
  return origin;
}

const never = new AbortController().signal;

/** One look at a page. */
export function look(origin: Origin, address: string, over: Partial<LookRequest> = {}): Promise<Answer> {
  return origin.look({ address, accept: 'page', signal: never, ...over });
}

/** What a look failed with: its code, or the whole error's text where it is none of ours. */
export async function failureOf(looking: Promise<unknown>): Promise<string> {
  try {
    await looking;
    return 'no failure';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

/** Counts a stream away. */
export async function drain(chunks: AsyncIterable<Buffer>): Promise<{ sha256: string; size: number }> {
  let size = 0;
  for await (const chunk of chunks) size += chunk.length;
  return { sha256: '0'.repeat(64), size };
}

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
