import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HoldfastError } from '../../src/model/errors.ts';

/** One call as a service got it. */
export interface Seen {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A service on loopback that holds each call against its published API: `reply` is what the real one would answer. */
export interface Service {
  readonly url: string;
  readonly seen: Seen[];
  /** The next calls are answered so, whatever they ask; undefined never answers. */
  readonly next: (Reply | undefined)[];
  /** Awaited before a call is answered. */
  onCall: (() => Promise<void>) | undefined;
  close(): Promise<void>;
}

export async function startService(reply: (seen: Seen) => Reply): Promise<Service> {
  const seen: Seen[] = [];
  const next: (Reply | undefined)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const { method = '', url = '', headers } = request;
      const call = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
      seen.push(call);
      await service.onCall?.();
      const answer = next.length > 0 ? next.shift() : reply(call);
      if (answer !== undefined) response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const service: Service = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    next,
    onCall: undefined,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return service;
}

/** The error a purge ends with. */
export async function failureOf(work: Promise<unknown>): Promise<HoldfastError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof HoldfastError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
