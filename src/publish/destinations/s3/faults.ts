import type { IncomingHttpHeaders } from 'node:http';
import { HoldfastError } from '../../../model/errors.ts';
import { systemCode } from '../../../store/files.ts';

/** Why a request came to nothing. */
export interface Fault {
  /** S3's word for it (`NoSuchKey`), or the system's (`ECONNREFUSED`). */
  readonly code: string;
  /** Undefined where no answer came. */
  readonly status?: number;
  /** The request: its method and key. */
  readonly asked?: string;
  /** True where the same request may succeed a moment later. */
  readonly isPassing: boolean;
  /** The bucket's own region, where that was not the one asked. */
  readonly region?: string;
}

/** Where the fault happened. */
export interface Place {
  /** The destination's name. */
  readonly name: string;
  readonly bucket: string;
  readonly endpoint: string | undefined;
}

/** Faults that pass beside any 5xx; the digests say that bytes were changed on their way. */
const PASSING = new Set([
  'RequestTimeout',
  'OperationAborted',
  'ConditionalRequestConflict',
  'SlowDown',
  'BadDigest',
  'XAmzContentSHA256Mismatch',
]);
/** A HEAD tells no more than this of a wrong region. */
const BAD_REQUEST = 400;
const TOO_MANY_REQUESTS = 429;
const NOT_IMPLEMENTED = 501;
const NO_CODE: Readonly<Record<number, string>> = {
  301: 'PermanentRedirect',
  307: 'TemporaryRedirect',
  403: 'AccessDenied',
  404: 'NoSuchKey',
  412: 'PreconditionFailed',
  501: 'NotImplemented',
};

/** The fault that an answer tells of. Of its text the code alone is taken: the rest may repeat what was signed. */
export function faultOfAnswer(status: number, headers: IncomingHttpHeaders, text: string): Fault {
  const code = tagIn(text, 'Code') ?? NO_CODE[status] ?? `HTTP ${status}`;
  const isServers = status >= 500 && status !== NOT_IMPLEMENTED;
  const isPassing = isServers || status === TOO_MANY_REQUESTS || PASSING.has(code);
  const region = headers['x-amz-bucket-region'];
  return { code, status, isPassing, ...(typeof region === 'string' ? { region } : {}) };
}

/** The fault behind an error of the network or of the credentials; undefined for an error that is neither. */
export function faultOfError(error: unknown): Fault | undefined {
  const code = systemCode(error);
  const name = error instanceof Error ? error.name : '';
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') return { code: name, isPassing: false };
  if (error instanceof Error && error.message === 'Region is missing') return { code: 'NoRegion', isPassing: false };
  if (/^(HPE_|ERR_STREAM_PREMATURE_CLOSE|EPROTO$)/.test(code)) return { code, isPassing: true };
  if (/CERT|^ERR_TLS|^ERR_SSL|SELF_SIGNED/.test(code)) return { code: `${CERTIFICATE}: ${code}`, isPassing: false };
  return /^E[A-Z0-9_]+$/.test(code) && !code.startsWith('ERR_') ? { code, isPassing: true } : undefined;
}

const CERTIFICATE = 'certificate';

/** The text within the first element of that name in an answer, with what XML escapes undone. */
export function tagIn(xml: string, tag: string): string | undefined {
  const text = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1];
  return text?.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** A fault as the error that a publish ends with. */
export function unwritable(place: Place, fault: Fault): HoldfastError {
  const [why, hint] = explained(place, fault);
  const code = why.includes(fault.code) ? '' : ` (${fault.code})`;
  return new HoldfastError('destination-unwritable', `${place.name}: ${why}${code}`, { hint });
}

type Told = readonly [why: string, hint: string];

const KEYS =
  'check where credentials come from: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the machine’s role';
const EXPIRED: Told = ['the credentials have expired', 'sign in again, or let the machine have a role of its own'];

const TOLD: Readonly<Record<string, (place: Place, asked: string) => Told>> = {
  AccessDenied: ({ bucket }, asked) => [
    `access to the bucket ${bucket} is denied: ${asked}`,
    `allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload below the prefix, and s3:ListBucket on ${bucket}: without it an absent object is denied too`,
  ],
  NoSuchBucket: ({ bucket }) => [`there is no bucket ${bucket}`, 'make it, or correct `bucket`'],
  InvalidAccessKeyId: () => ['the access key is not known there', KEYS],
  SignatureDoesNotMatch: () => ['the secret key is not the one of the access key', KEYS],
  CredentialsProviderError: () => ['there are no credentials', KEYS],
  TokenProviderError: () => EXPIRED,
  ExpiredToken: () => EXPIRED,
  ExpiredTokenException: () => EXPIRED,
  TokenRefreshRequired: () => EXPIRED,
  InvalidToken: () => ['the session token is not valid', KEYS],
  NoRegion: () => ['no region is known', 'set `region`, or AWS_REGION'],
  RequestTimeTooSkewed: () => ['this machine’s clock is wrong', 'set it, and let NTP keep it'],
};

const ELSEWHERE = new Set([
  'PermanentRedirect',
  'TemporaryRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
]);

function explained(place: Place, { code, status, region, asked = 'a request' }: Fault): Told {
  const { bucket, endpoint } = place;
  const told = TOLD[code];
  if (told !== undefined) return told(place, asked);
  if (ELSEWHERE.has(code) || (status === BAD_REQUEST && region !== undefined))
    return [
      `the bucket ${bucket} is in another region`,
      region === undefined ? 'set `region`' : `set \`region\` to ${region}`,
    ];
  const server = endpoint ?? 'Amazon S3';
  if (status === undefined) {
    const isTrust = code.startsWith(CERTIFICATE);
    return isTrust
      ? [
          `${server} cannot be trusted`,
          'give it a certificate that Node trusts, or name its authority in NODE_EXTRA_CA_CERTS',
        ]
      : [`${server} cannot be reached`, 'check `endpoint` and the network; the next run tries again'];
  }
  if (status >= 500 || status === TOO_MANY_REQUESTS)
    return [`${server} is overloaded or failing`, 'nothing to do at first: the next run tries again'];
  return [`${server} refused ${asked} in the bucket ${bucket}`, 'look the code up in its documentation'];
}
