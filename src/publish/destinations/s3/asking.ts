import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../model/clock.ts';
import type { Call, Client } from './client.ts';
import { type Fault, faultOfAnswer, faultOfError, type Place, tagIn, unwritable } from './faults.ts';

/** How one request ended. `text` is there where the answer's body is not an object's. */
export type Outcome =
  | { readonly fault: Fault; readonly answer?: undefined }
  | { readonly answer: IncomingMessage; readonly text?: string; readonly fault?: undefined };

/** Sends requests and counts them. */
export interface Asking {
  readonly place: Place;
  /** Requests sent so far. */
  readonly requests: number;
  /** Sends one request once. */
  once(call: Call, signal: AbortSignal): Promise<Outcome>;
  /** Sends a request until it comes to something; a fault whose code is `expected` does. Throws `destination-unwritable`. */
  ask(call: Call, signal: AbortSignal, expected?: readonly string[]): Promise<Outcome>;
  /** The same for who has to be sure before each try of a request that changes something; where `ensure` throws nothing is sent. */
  onlyWhile(ensure: Ensure): Asking;
}

/** Resolves while something holds, and throws where it holds no more. */
export type Ensure = () => Promise<void>;

export interface AskingOptions {
  readonly client: Client;
  readonly place: Place;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** After so much silence an answer counts as lost, in milliseconds; a minute unless told. */
  readonly silence?: number;
}

/** Tries of one request, the first included: a store that asks for less is given about three seconds. */
export const TRIES = 5;
const FIRST_PAUSE_MS = 200;
/** What is not an object is a result or an error in XML, some hundred bytes. */
const MOST_TEXT = 65_536;
const FIRST_BAD_STATUS = 300;
const SERVER_FAULT = 500;

/** Milliseconds to wait after so many tries: doubled each time, at random within the upper half, so that two do not meet again. */
export function pauseAfter(tries: number, random: () => number): number {
  return FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + random() / 2);
}

/** Asks through `client`. */
export function createAsking(options: AskingOptions): Asking {
  return askingOf({ ...options, sent: { requests: 0 }, ensure: async () => undefined });
}

interface Asker extends AskingOptions {
  /** Shared with those who have to be sure. */
  readonly sent: { requests: number };
  readonly ensure: Ensure;
}

function askingOf(asker: Asker): Asking {
  const { client, place, clock, random, silence, sent, ensure } = asker;
  const once: Asking['once'] = async (call, signal) => {
    signal.throwIfAborted();
    if (changes(call)) await ensure();
    sent.requests += 1;
    const asked = `${call.method} ${call.key}`;
    try {
      const outcome = await outcomeOf(await client.send({ ...call, silence }, signal), call);
      return outcome.fault === undefined ? outcome : { fault: { ...outcome.fault, asked } };
    } catch (error) {
      signal.throwIfAborted();
      const fault = faultOfError(error);
      if (fault === undefined) throw error;
      return { fault };
    }
  };
  return {
    place,
    get requests() {
      return sent.requests;
    },
    once,
    async ask(call, signal, expected = []) {
      for (let tries = 1; ; tries += 1) {
        const outcome = await once(call, signal);
        if (outcome.fault === undefined || expected.includes(outcome.fault.code)) return outcome;
        if (!outcome.fault.isPassing || tries === TRIES) throw unwritable(place, outcome.fault);
        await clock.sleep(pauseAfter(tries, random), signal);
      }
    },
    onlyWhile: (ensured) => askingOf({ ...asker, ensure: ensured }),
  };
}

/** An upload that is given up was never to be seen. */
function changes({ method, query }: Call): boolean {
  return method !== 'GET' && method !== 'HEAD' && !(method === 'DELETE' && query?.['uploadId'] !== undefined);
}

async function outcomeOf(answer: IncomingMessage, { method, headers = {} }: Call): Promise<Outcome> {
  const status = answer.statusCode ?? SERVER_FAULT;
  if (status >= FIRST_BAD_STATUS) return { fault: faultOfAnswer(status, answer.headers, await textOf(answer)) };
  if (method === 'GET') return { answer };
  const text = await textOf(answer);
  // A copy, and the end of a multipart upload, may fail after their status was sent.
  const hasFailed = (method === 'POST' || 'x-amz-copy-source' in headers) && tagIn(text, 'Code') !== undefined;
  return hasFailed ? { fault: faultOfAnswer(SERVER_FAULT, answer.headers, text) } : { answer, text };
}

async function textOf(answer: IncomingMessage): Promise<string> {
  if (answer.headers['content-length'] === '0') {
    answer.resume();
    return '';
  }
  let text = '';
  answer.setEncoding('utf8');
  for await (const chunk of answer) if (text.length < MOST_TEXT) text += chunk;
  return text;
}
