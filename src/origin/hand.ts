import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { OriginConfig } from '../config/schema.ts';
import { isHoldfastError } from '../model/errors.ts';
import { checkedLookup, type ResolveName } from './addresses-allowed.ts';
import { createAgents } from './agents.ts';

/** One request that somebody else made, or that stores something: sent once, as it is, and never repeated. */
export interface Errand {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Beside those the configuration has for the origin, which win. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Milliseconds for all of it. */
  readonly deadline: number;
}

/** How an errand ended. `unreached`: it was never sent. `lost`: it was sent, and whether the origin acted on it is not known. */
export type Handed =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: RawHeaders; readonly body: Buffer }
  | { readonly kind: 'unreached' | 'lost'; readonly why: string };

/** Names and values in the order in which they came. */
export type RawHeaders = readonly (readonly [name: string, value: string])[];

/** Hands single requests to the origin, each on a connection of its own: on a kept one a loss could not be told from a refusal. */
export interface Courier {
  /** Never follows a redirect. Throws `origin-private`, or the signal's reason. */
  hand(errand: Errand, signal: AbortSignal): Promise<Handed>;
  close(): void;
}

/** Headers of one connection, not of the message (RFC 9110, 7.6.1), and what a proxy that unframes a body must set anew. */
const HOP_BY_HOP =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|http2-settings)$/i;
/** An answer to a form is a page; what is larger is none. */
const MAX_ANSWER = 4_000_000;

/** Headers of `message` that may be passed on. */
export function endToEnd({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): RawHeaders {
  const pairs = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : []));
  const named = pairs.filter(([name]) => /^connection$/i.test(name)).flatMap(([, value]) => value.split(','));
  const local = new Set(named.map((name) => name.trim().toLowerCase()));
  return pairs.filter(([name]) => !HOP_BY_HOP.test(name) && !local.has(name.toLowerCase()));
}

/** A courier to the configured origin. */
export function createCourier(config: OriginConfig, lookup?: ResolveName): Courier {
  const url = new URL(config.url);
  const agents = createAgents(url.protocol, checkedLookup(config.allowPrivate, lookup));
  const host = config.host === undefined ? {} : { host: config.host };
  return {
    hand: ({ method, path, headers, body, deadline }, signal) => {
      const length = body === undefined ? {} : { 'content-length': String(body.length) };
      const options: RequestOptions = {
        method,
        path,
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port,
        agent: agents.fresh.agent,
        headers: { ...headers, ...host, ...config.headers, ...length },
      };
      return send({ options, secure: url.protocol === 'https:', body, deadline }, signal);
    },
    close: () => agents.destroy(),
  };
}

interface Sending {
  readonly options: RequestOptions;
  readonly secure: boolean;
  readonly body: Buffer | undefined;
  readonly deadline: number;
}

function send({ options, secure, body, deadline }: Sending, signal: AbortSignal): Promise<Handed> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    let kind: 'unreached' | 'lost' = 'unreached';
    const asking = (secure ? httpsRequest : httpRequest)(options);
    const end = (why: string) => asking.destroy(Object.assign(new Error(why), { code: why }));
    const timer = setTimeout(() => end('timeout'), deadline);
    const abort = () => asking.destroy();
    signal.addEventListener('abort', abort);
    const settled = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    const fail = (error: NodeJS.ErrnoException) => {
      settled();
      if (signal.aborted) reject(signal.reason);
      else if (isHoldfastError(error)) reject(error);
      else resolve({ kind, why: error.code ?? error.message });
    };
    asking.once('socket', (socket) =>
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        kind = 'lost';
      }),
    );
    asking.on('error', fail);
    asking.once('response', (answer) => {
      collect(answer, () => end('too large')).then((whole) => {
        settled();
        resolve({ kind: 'answer', status: answer.statusCode ?? 0, headers: endToEnd(answer), body: whole });
      }, fail);
    });
    asking.end(body);
  });
}

function collect(answer: IncomingMessage, tooLarge: () => void): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    answer.on('data', (part: Buffer) => {
      size += part.length;
      if (size > MAX_ANSWER) tooLarge();
      else parts.push(part);
    });
    answer.once('end', () => resolve(Buffer.concat(parts)));
    answer.once('error', reject);
  });
}
