import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Fault, OwnAnswer } from './proxy-faults.ts';

/** One request that came to the proxy, and what became of it so far. */
export interface SeenRequest {
  /** From 1, in the order of arrival. */
  readonly n: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Names of the faults it had. */
  readonly faults: readonly string[];
  /** What the upstream answered, or the fault in its place; undefined where nobody did. */
  readonly status: number | undefined;
  /** Bytes of its body that were forwarded. */
  readonly sent: number;
  /** Bytes of the answer's body that were passed on. */
  readonly received: number;
}

type Seen = { -readonly [Key in keyof SeenRequest]: SeenRequest[Key] };

/** A loopback HTTP server that forwards to an upstream as it is told, well or badly. */
export interface FaultyProxy {
  /** 'http://127.0.0.1:34567', without a slash at the end. */
  readonly url: string;
  /** Every request since the start or the last `restart`. */
  readonly requests: readonly SeenRequest[];
  /** Has the fault happen to the request of that number, or to each request that matches. */
  on(when: When, fault: Fault): void;
  /** Forgets the requests and the rules: the next request is number 1, and all is well with it. */
  restart(): void;
  /** Ends every connection, the held ones too. */
  close(): Promise<void>;
}

export type When = number | ((request: SeenRequest) => boolean);

/** Every one. */
export const always = (): boolean => true;

/** Only the first `times` requests that match. */
export function firstOf(matches: (request: SeenRequest) => boolean, times = 1): (request: SeenRequest) => boolean {
  let left = times;
  return (seen) => left > 0 && matches(seen) && left-- > 0;
}

/** So long that a client never meets a connection that the proxy closes for being idle. */
const IDLE_MS = 300_000;
/** Between the last byte that passes and the reset, so that it arrives before that. */
const ON_ITS_WAY_MS = 20;
/** What belongs to one connection and not to the request; RFC 9110, 7.6.1, without transfer-encoding, which Node reads. */
const OF_A_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection']);

/** Starts a proxy on a free port. It forwards each header as it came, Host too, so that signatures stay valid. */
export async function startFaultyProxy(upstream: string): Promise<FaultyProxy> {
  const agent = new Agent({ keepAlive: true });
  let requests: Seen[] = [];
  let rules: { when: When; fault: Fault }[] = [];
  const server = createServer({ keepAliveTimeout: IDLE_MS, requestTimeout: 0 }, (incoming, outgoing) => {
    const seen = seenOf(incoming, requests.length + 1);
    requests.push(seen);
    const faults = rules.filter(({ when }) => (typeof when === 'number' ? when === seen.n : when(seen)));
    const { socket } = incoming; // gone from the request once it is destroyed
    const exchange = { seen, socket, incoming, outgoing, upstream: new URL(upstream), agent };
    play(
      exchange,
      faults.map(({ fault }) => fault),
    ).catch(() => socket.resetAndDestroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    on: (when, fault) => {
      rules.push({ when, fault });
    },
    restart: () => {
      requests = [];
      rules = [];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        agent.destroy();
      }),
  };
}

interface Exchange {
  readonly seen: Seen;
  /** The client's. */
  readonly socket: Socket;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly upstream: URL;
  readonly agent: Agent;
}

function seenOf(incoming: IncomingMessage, n: number): Seen {
  const { method = 'GET', url = '/', headers } = incoming;
  return { n, method, path: url, headers, faults: [], status: undefined, sent: 0, received: 0 };
}

async function play(exchange: Exchange, faults: readonly Fault[]): Promise<void> {
  const { seen, socket, outgoing } = exchange;
  seen.faults = faults.map((fault) => fault.name);
  for (const fault of faults) await fault.before?.(seen);
  const instead = faults.find((fault) => fault.instead)?.instead;
  if (instead === 'silence' || socket.destroyed) return;
  if (instead) return answerWith(exchange, instead);
  const cut = faults.find((fault) => fault.cutRequestAt !== undefined)?.cutRequestAt;
  const answer = await forward(exchange, cut);
  seen.status = answer.statusCode;
  for (const fault of faults) await fault.after?.(seen);
  if (faults.some((fault) => fault.swallow)) return void answer.resume();
  outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer));
  outgoing.flushHeaders();
  const cutAnswer = faults.find((fault) => fault.cutAnswerAt !== undefined)?.cutAnswerAt;
  const count = (bytes: number) => {
    seen.received += bytes;
  };
  await pipeline(answer, counted({ count, limit: cutAt(answer, cutAnswer), reset: resetOf(exchange) }), outgoing);
}

function answerWith({ seen, incoming, outgoing }: Exchange, { status, type, body }: OwnAnswer): void {
  seen.status = status;
  incoming.resume();
  outgoing.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  outgoing.end(seen.method === 'HEAD' ? '' : body);
}

/** Sends the request on; resolves with the head of the answer, rejects when either side's connection breaks. */
async function forward(exchange: Exchange, cut: number | undefined): Promise<IncomingMessage> {
  const { seen, incoming, outgoing, upstream, agent } = exchange;
  const { hostname, port } = upstream;
  const onward = request({ hostname, port, agent, method: seen.method, path: seen.path, headers: endToEnd(incoming) });
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) onward.destroy(); // the client is gone
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    onward.once('response', resolve).on('error', reject);
  });
  const count = (bytes: number) => {
    seen.sent += bytes;
  };
  const sent = pipeline(incoming, counted({ count, limit: cutAt(incoming, cut), reset: resetOf(exchange) }), onward);
  // The upstream may refuse before it has read everything: then its answer counts.
  return Promise.race([answered, sent.then(() => answered)]);
}

function resetOf({ socket }: Exchange): () => void {
  return () => socket.resetAndDestroy();
}

/** In the order and the letters they came in. */
function endToEnd({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.filter((_, at) => !OF_A_CONNECTION.has(rawHeaders[at - (at % 2)]?.toLowerCase() ?? ''));
}

/** Bytes of the body after which to cut it, undefined for never. */
function cutAt({ headers }: IncomingMessage, part: number | undefined): number | undefined {
  return part === undefined ? undefined : Math.floor(Number(headers['content-length'] ?? 0) * part);
}

interface Cut {
  readonly count: (bytes: number) => void;
  /** Bytes that pass before `reset` is called and the stream fails; undefined for all of them. */
  readonly limit: number | undefined;
  readonly reset: () => void;
}

function counted({ count, limit, reset }: Cut): Transform {
  let left = limit ?? Number.POSITIVE_INFINITY;
  const cut = (done: (error: Error) => void) =>
    setTimeout(() => {
      reset();
      done(new Error('cut, as told'));
    }, ON_ITS_WAY_MS);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const part = chunk.subarray(0, left);
      left -= part.length;
      count(part.length);
      this.push(part);
      if (left > 0) done();
      else cut(done);
    },
    flush: (done) => (limit === undefined ? done() : void cut(done)),
  });
}
