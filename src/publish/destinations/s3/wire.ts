import { setMaxListeners } from 'node:events';
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';

/** One request, ready to be sent. */
export interface Sent {
  readonly method: string;
  /** Percent-encoded, with the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  /** The longest silence, in milliseconds; a minute unless told. */
  readonly silence?: number | undefined;
}

/** Keeps connections to one host and sends requests over them, each once. */
export interface Wire {
  /** Resolves when the head of the answer is there; its body must be read or destroyed. Rejects with an error of the network or the signal's reason. */
  send(sent: Sent, signal: AbortSignal): Promise<IncomingMessage>;
}

/** How long a connection may take, TLS included. */
const CONNECT_MS = 5000;
/** The longest silence within a request; copying a file of some gigabytes takes a store most of it. */
export const SILENCE_MS = 60_000;
/** The longest a request may take altogether: a part of 8 MB arrives in it at 10 kB/s. */
const WHOLE_MS = 900_000;

export interface WireOptions {
  /** Connections at most; more requests wait for one. */
  readonly atOnce: number;
  /** The longest silence within a request, in milliseconds. */
  readonly silence: number;
}

/** A wire to `host`. */
export function createWire(host: URL, { atOnce, silence: usual }: WireOptions): Wire {
  const isTls = host.protocol === 'https:';
  const options = { keepAlive: true, maxSockets: atOnce, maxFreeSockets: atOnce, scheduling: 'lifo' } as const;
  const agent = isTls ? new HttpsAgent(options) : new HttpAgent(options);
  const request = isTls ? requestHttps : requestHttp;
  const { hostname, port } = host;
  return {
    send({ body, silence, ...sent }, signal) {
      signal.throwIfAborted();
      const going = request({ ...sent, agent, host: hostname.replace(/^\[|\]$/g, ''), port });
      const answer = answerTo(going, silence ?? usual, signal);
      going.end(body);
      return answer;
    },
  };
}

function answerTo(going: ClientRequest, silence: number, signal: AbortSignal): Promise<IncomingMessage> {
  // One signal stops all requests of a run, and Node warns from the eleventh on.
  setMaxListeners(0, signal);
  const stop = () => going.destroy(signal.reason as Error);
  const late = () => going.destroy(timeout('took too long'));
  const timer = setTimeout(late, WHOLE_MS);
  signal.addEventListener('abort', stop, { once: true });
  going.setTimeout(silence, late);
  limitConnecting(going);
  return new Promise((resolve, reject) => {
    going.once('response', resolve);
    going.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    going.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    });
  });
}

function limitConnecting(going: ClientRequest): void {
  going.once('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => going.destroy(timeout('no connection')), CONNECT_MS);
    const done = () => clearTimeout(timer);
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', done);
    socket.once('close', done);
  });
}

function timeout(message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' });
}
