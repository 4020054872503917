import { isHoldfastError } from '../model/errors.ts';
import { type Answer, answerHeaders, type LookRequest } from './answer.ts';
import {
  type BodyRules,
  decodeStart,
  decodeStream,
  decodeWhole,
  encodingOf,
  overCap,
  unknownEncoding,
} from './decode.ts';
import type { Exchange, Head } from './exchange.ts';
import { cut, type Target } from './failures.ts';
import { redirectTarget } from './redirects.ts';

/** What is read of an answer that is not a page: enough to tell what it says. */
const STATUS_BODY = 65_536;

const NOTHING = Buffer.alloc(0);

export interface Reading {
  readonly request: LookRequest;
  /** Where the request went. */
  readonly url: string;
  readonly target: Target;
  /** Most bytes of a body, unpacked. */
  readonly cap: number;
}

/** Reads what follows the head of an answer, to its end, and says what kind it is. */
export async function readAnswer(exchange: Exchange, head: Head, reading: Reading): Promise<Answer> {
  const { status, headers } = head;
  const { etag, lastModified } = reading.request.validators ?? {};
  if (status === 304 && (etag !== undefined || lastModified !== undefined)) {
    exchange.abandon();
    return { kind: 'unchanged' };
  }
  const to = redirectTarget(status, headers.location, reading.url);
  if (to !== undefined) {
    await skipBody(exchange);
    return { kind: 'redirect', status, to };
  }
  return status === 200 ? readBody(exchange, head, reading) : readStatus(exchange, head);
}

/** Reads the text beside a redirect, so that its connection can be used again; what is wrong with it does not matter. */
async function skipBody(exchange: Exchange): Promise<void> {
  try {
    await exchange.collect(STATUS_BODY, 'keep');
  } catch (error) {
    if (!isHoldfastError(error, 'origin-cut')) throw error;
  }
}

async function readStatus(exchange: Exchange, { status, headers }: Head): Promise<Answer> {
  const raw = await exchange.collect(STATUS_BODY, 'keep');
  const encoding = encodingOf(headers);
  const bytes = encoding === undefined ? NOTHING : await decodeStart(raw, encoding, STATUS_BODY);
  return { kind: 'status', status, bytes, headers: answerHeaders(headers) };
}

async function readBody(exchange: Exchange, { headers }: Head, reading: Reading): Promise<Answer> {
  const { target, cap, request } = reading;
  const encoding = encodingOf(headers);
  if (encoding === undefined) throw unknownEncoding(headers, target);
  if (Number(headers['content-length'] ?? 0) > cap) throw overCap(cap, target);
  const rules = { encoding, cap, target };
  const good = { kind: 'body', status: 200, headers: answerHeaders(headers) } as const;
  if (request.sink !== undefined) {
    return { ...good, bytes: NOTHING, stored: await pour(exchange, rules, request.sink) };
  }
  return { ...good, bytes: await decodeWhole(await exchange.collect(cap, 'fail'), rules) };
}

async function pour<T>(
  exchange: Exchange,
  rules: BodyRules,
  sink: (chunks: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  let failure: unknown;
  let ended = false;
  async function* watched(): AsyncGenerator<Buffer> {
    try {
      yield* decodeStream(exchange.chunks(), rules);
      ended = true;
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  try {
    const stored = await sink(watched());
    if (!ended) throw cut(rules.target, 'the body was not read to its end');
    return stored;
  } catch (error) {
    // A sink may wrap what it was handed.
    throw failure ?? error;
  }
}
