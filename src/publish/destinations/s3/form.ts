import type { BlobRef } from '../../../model/capture.ts';
import type { ReleaseFile } from '../../../model/manifest.ts';
import type { StoredEncoding } from './keys.ts';
import type { Headers, Seen } from './store.ts';

/** What a file is stored as: one object in one encoding. */
export interface Form {
  readonly ref: BlobRef;
  readonly encoding: StoredEncoding;
  readonly headers: Headers;
}

/** Metadata: the SHA-256 of what a visitor reads, and of the bytes as they are stored. */
const SHA256 = 'x-amz-meta-sha256';
const STORED_SHA256 = 'x-amz-meta-stored-sha256';
const REDIRECT = 'x-amz-website-redirect-location';

/** Headers of a file that S3 gives to visitors; it has no others. */
const SERVED = ['cache-control', 'content-disposition', 'content-language', 'expires'] as const;

/** The form of a file: gzip where that is smaller, unless `isIdentity` says that its readers cannot take it. */
export function formOf(file: ReleaseFile, isIdentity: (path: string) => boolean): Form {
  const gzip = isIdentity(file.path) ? undefined : file.variants.gzip;
  const ref = gzip ?? { sha256: file.sha256, size: file.size };
  const encoding = gzip === undefined ? 'identity' : 'gzip';
  return { ref, encoding, headers: headersOf(file, encoding, ref.sha256) };
}

/** The headers of a file whose bytes are there already, as `seen`. */
export function headersAs(file: ReleaseFile, seen: Seen): Headers {
  return headersOf(file, encodingOf(seen), seen.headers[STORED_SHA256] ?? file.sha256);
}

function headersOf({ sha256, type, headers }: ReleaseFile, encoding: StoredEncoding, stored: string): Headers {
  const { location } = headers;
  const served = SERVED.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const]));
  return {
    'content-type': type,
    ...Object.fromEntries(served),
    ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
    ...(location === undefined ? {} : { [REDIRECT]: inAscii(location) }),
    [SHA256]: sha256,
    [STORED_SHA256]: stored,
  };
}

function inAscii(location: string): string {
  return location.replace(/[^\x21-\x7e]+/gu, encodeURIComponent);
}

/** True where an object says that it holds these bytes for visitors. What S3 did not put there with the bytes says nothing. */
export function holds(seen: Seen | undefined, { sha256 }: BlobRef): boolean {
  return seen?.headers[SHA256] === sha256;
}

/** True where an object is what these headers were sent with, bytes and all. */
export function isAs(seen: Seen | undefined, headers: Headers): boolean {
  const known = [SHA256, STORED_SHA256, REDIRECT, 'content-type', 'content-encoding', ...SERVED];
  return seen !== undefined && known.every((name) => seen.headers[name] === headers[name]);
}

/** The form that an object is in: packed ones are unpacked by who reads them. */
export function encodingOf(seen: Seen): StoredEncoding {
  return seen.headers['content-encoding'] === 'gzip' ? 'gzip' : 'identity';
}

/** The SHA-256 that an object says its stored bytes have. */
export function storedSha256(seen: Seen): string | undefined {
  return seen.headers[STORED_SHA256];
}
