import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { HoldfastError } from '../../../model/errors.ts';
import type { Asking, Ensure, Outcome } from './asking.ts';
import { type Call, encodeKey } from './client.ts';
import { faultOfError, type Place, tagIn, unwritable } from './faults.ts';

/**
 * One bucket in our words. Every call throws `destination-unwritable` where it fails, after trying again what may pass; `putIf`
 * alone is sent once.
 */
export interface Store {
  /** Requests sent so far. */
  readonly requests: number;
  /** Undefined where there is no such object. */
  get(key: string, signal: AbortSignal): Promise<Got | undefined>;
  /** Undefined where there is no such object. */
  head(key: string, signal: AbortSignal): Promise<Seen | undefined>;
  put(key: string, object: StoredObject, signal: AbortSignal): Promise<void>;
  /** Puts on a condition. A repeat would meet its own effect, so what became of it is for the caller to find out. */
  putIf(key: string, object: ConditionalObject, signal: AbortSignal): Promise<Put>;
  /** Copies within the bucket and gives the copy's ETag; undefined where there is no source. */
  copy(key: string, from: CopyFrom, signal: AbortSignal): Promise<string | undefined>;
  /** Also succeeds where there is no such object. */
  remove(key: string, signal: AbortSignal): Promise<void>;
  /** One request of a multipart upload; undefined where the upload is not known, or not any more. */
  multipart(call: Call, signal: AbortSignal): Promise<MultipartAnswer | undefined>;
  /** The same bucket for who has to be sure before each try of a request that changes something; where `ensure` throws nothing is sent. */
  onlyWhile(ensure: Ensure): Store;
}

/** An object as it is sent. */
export interface StoredObject {
  readonly body: Uint8Array;
  /** SHA-256 of `body`, hex. */
  readonly sha256: string;
  readonly headers: Headers;
}

/** By lower-case name. */
export type Headers = Readonly<Record<string, string>>;

export interface ConditionalObject extends StoredObject {
  readonly condition: { readonly 'if-match': string } | { readonly 'if-none-match': '*' };
}

/** How a conditional put ended. `unknown`: it may have been carried out, or still be. */
export type Put =
  | { readonly state: 'stored'; readonly etag: string }
  | { readonly state: 'refused' }
  | { readonly state: 'unknown'; readonly error: HoldfastError };

export interface CopyFrom {
  readonly key: string;
  /** The copy's headers; by default those of the source. */
  readonly headers?: Headers;
}

/** What is known of an object without its bytes. */
export interface Seen {
  /** With its quotation marks. */
  readonly etag: string;
  /** Those the object was put with, among others. */
  readonly headers: Headers;
}

export interface Got extends Seen {
  /** Fails with `destination-unwritable` where it breaks off. Must be read, or discarded. */
  readonly body: AsyncIterable<Uint8Array>;
  discard(): void;
}

export interface MultipartAnswer {
  readonly etag: string;
  readonly text: string;
}

/** A bucket behind what asks. */
export function createStore(asking: Asking): Store {
  const { place, once, ask } = asking;
  return {
    get requests() {
      return asking.requests;
    },
    async get(key, signal) {
      const { answer } = await ask({ method: 'GET', key }, signal, ['NoSuchKey']);
      return (
        answer && { ...seenIn(answer), body: chunksOf(answer, place, signal), discard: () => void answer.resume() }
      );
    },
    async head(key, signal) {
      const { answer } = await ask({ method: 'HEAD', key }, signal, ['NoSuchKey']);
      return answer && seenIn(answer);
    },
    async put(key, object, signal) {
      await ask({ method: 'PUT', key, ...sealed(object, place) }, signal);
    },
    async putIf(key, { condition, ...object }, signal) {
      const { headers, ...rest } = sealed(object, place);
      return putOf(await once({ method: 'PUT', key, ...rest, headers: { ...headers, ...condition } }, signal), place);
    },
    async copy(key, { key: source, headers }, signal) {
      const directive = headers === undefined ? {} : { 'x-amz-metadata-directive': 'REPLACE' };
      const from = { 'x-amz-copy-source': encodeKey(`/${place.bucket}/${source}`) };
      const call: Call = { method: 'PUT', key, headers: { ...headers, ...directive, ...from } };
      const { text } = textIn(await ask(call, signal, ['NoSuchKey']));
      return text && quoted(tagIn(text, 'ETag') ?? '');
    },
    async remove(key, signal) {
      await ask({ method: 'DELETE', key }, signal, ['NoSuchKey']);
    },
    async multipart(call, signal) {
      const { answer, text } = textIn(await ask(call, signal, ['NoSuchUpload']));
      return answer && { etag: seenIn(answer).etag, text: text ?? '' };
    },
    onlyWhile: (ensure) => createStore(asking.onlyWhile(ensure)),
  };
}

/** With what the server holds the bytes against, beside the SHA-256 that is signed. Others than Amazon may stumble over its checksums. */
function sealed({ body, sha256, headers }: StoredObject, { endpoint }: Place): StoredObject {
  const md5 = createHash('md5').update(body).digest('base64');
  const checksum = endpoint === undefined ? { [CHECKSUM]: Buffer.from(sha256, 'hex').toString('base64') } : {};
  return { body, sha256, headers: { ...headers, 'content-md5': md5, ...checksum } };
}

const CHECKSUM = 'x-amz-checksum-sha256';

/** Amazon says "no such key" to a condition on an object that is not there, others say that they know no conditions. */
const REFUSALS = new Set(['PreconditionFailed', 'NoSuchKey', 'NotImplemented']);

function putOf({ answer, fault }: Outcome, place: Place): Put {
  if (fault === undefined) return { state: 'stored', etag: seenIn(answer).etag };
  if (REFUSALS.has(fault.code)) return { state: 'refused' };
  const error = unwritable(place, fault);
  if (fault.isPassing) return { state: 'unknown', error };
  throw error;
}

function textIn(outcome: Outcome): { answer?: IncomingMessage; text?: string } {
  return outcome.fault === undefined ? outcome : {};
}

function seenIn({ headers }: IncomingMessage): Seen {
  const single = Object.entries(headers).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return { etag: quoted(headers.etag ?? ''), headers: Object.fromEntries(single) };
}

/** Ceph gives the ETag of a copy without quotation marks. */
function quoted(etag: string): string {
  return etag === '' || etag.endsWith('"') ? etag : `"${etag}"`;
}

async function* chunksOf(answer: IncomingMessage, place: Place, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* answer;
  } catch (error) {
    signal.throwIfAborted();
    const fault = faultOfError(error);
    throw fault === undefined ? error : unwritable(place, fault);
  }
}
