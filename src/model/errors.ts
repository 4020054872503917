/** The part of a cycle an error comes from; it opens every error line. */
export type Stage = 'command' | 'config' | 'store' | 'origin' | 'snapshot' | 'render' | 'release' | 'publish' | 'inbox';

/** Exit codes of every verb, documented in the README from this table. */
export const EXIT = {
  done: { code: 0, means: 'done, also when there was nothing new' },
  failed: { code: 1, means: 'failed; what was live stays live' },
  usage: { code: 2, means: 'the command line or the configuration is wrong; nothing was touched' },
  kept: { code: 3, means: 'live, but some pages are kept from an earlier look' },
  busy: { code: 4, means: 'another run is at work' },
  refused: { code: 5, means: 'refused by a safety cap; nothing was published' },
} as const;

export type ExitName = keyof typeof EXIT;

interface ErrorEntry {
  readonly stage: Stage;
  readonly exit: ExitName;
  readonly retryable: boolean;
  readonly means: string;
}

const entry = (stage: Stage, exit: ExitName, retryable: boolean, means: string): ErrorEntry => ({
  stage,
  exit,
  retryable,
  means,
});

/** Every error there is. A code is permanent: scripts may match it. */
export const ERRORS = {
  usage: entry('command', 'usage', false, 'an argument is missing, unknown or out of range'),
  'config-missing': entry('config', 'usage', false, 'no configuration file was found'),
  'config-unreadable': entry('config', 'usage', false, 'the configuration file does not load'),
  'config-invalid': entry('config', 'usage', false, 'a field is unknown or has a wrong value'),
  'config-secret': entry(
    'config',
    'usage',
    false,
    'a secret stands in the file, or the place it is read from is empty',
  ),
  'edge-refused': entry(
    'config',
    'usage',
    false,
    'a value cannot be written into the configuration of that web server or balancer',
  ),
  locked: entry('store', 'busy', true, 'another run holds the lock'),
  'state-damaged': entry('store', 'failed', false, 'a state file cannot be read'),
  'state-unwritable': entry('store', 'failed', true, 'a state file cannot be written'),
  'blob-damaged': entry('store', 'failed', true, 'stored bytes do not have the hash they are named by'),
  'blob-missing': entry('store', 'failed', true, 'stored bytes are not there'),
  'address-hostile': entry('snapshot', 'kept', false, 'an address cannot be a file of the site'),
  'origin-unreachable': entry(
    'origin',
    'failed',
    true,
    'the origin refused or dropped the connection, or its name does not resolve',
  ),
  'origin-private': entry(
    'origin',
    'usage',
    false,
    'the origin resolves to a private address that the configuration does not allow',
  ),
  'origin-timeout': entry('origin', 'failed', true, 'an answer took longer than its deadline, or went silent'),
  'origin-cut': entry('origin', 'failed', true, 'a body was shorter than announced, or its compression was cut'),
  'origin-too-large': entry(
    'origin',
    'failed',
    false,
    'a body is larger than its cap, or unpacks to far more than it weighed',
  ),
  'origin-encoding': entry('origin', 'failed', false, 'a body has an encoding that was not asked for'),
  'origin-redirects': entry('origin', 'failed', false, 'a redirect leaves the origin, or there are too many'),
  'origin-away': entry('origin', 'failed', true, 'five failures in a row: the look was ended early'),
  'lane-shrunk': entry('snapshot', 'refused', false, 'too large a part of a lane is gone at once'),
  'comments-failed': entry('snapshot', 'kept', true, 'comments could not be read; the last good ones stay'),
  'comments-misplaced': entry(
    'render',
    'kept',
    false,
    'a page has no place for its comments; it stays as it was captured',
  ),
  'value-failed': entry('snapshot', 'kept', true, 'a value could not be computed; the last good one stays'),
  'discovery-failed': entry('snapshot', 'kept', true, 'a sitemap or the start of a crawl could not be read'),
  'template-broken': entry('render', 'failed', false, 'a template or a content file does not render'),
  'analytics-missing': entry('render', 'failed', false, 'an HTML file does not carry each analytics exactly once'),
  'name-collision': entry('release', 'kept', false, 'two addresses would be one file'),
  'nothing-to-release': entry(
    'release',
    'refused',
    false,
    'no page has a good capture; an empty release is never published',
  ),
  'too-many-deletes': entry('publish', 'refused', false, 'more files would be removed than the cap allows'),
  'destination-foreign': entry('publish', 'refused', false, 'the destination belongs to another site or environment'),
  'destination-unwritable': entry('publish', 'failed', true, 'the destination cannot be written'),
  'destination-damaged': entry('publish', 'failed', false, 'the destination lacks files it should hold'),
  'destination-moved': entry('publish', 'failed', true, 'the control record was moved by another publisher'),
  leased: entry('publish', 'busy', true, 'another machine has the lease of a destination'),
  'lease-lost': entry(
    'publish',
    'failed',
    true,
    'the lease of a destination was lost, or could not be renewed in time',
  ),
  'release-damaged': entry(
    'publish',
    'failed',
    false,
    'a release cannot be returned to: bytes of it are gone or damaged',
  ),
  'purge-failed': entry('publish', 'done', true, 'a cache could not be told what changed; later runs try again'),
  'release-unknown': entry('publish', 'usage', false, 'no release of that name is known'),
  'inbox-off': entry('inbox', 'usage', false, 'the configuration has no inbox'),
  'inbox-unlistenable': entry('inbox', 'failed', true, 'the inbox cannot listen where it is told to'),
  'inbox-sealed': entry('inbox', 'usage', false, 'a submission is sealed to a key that is not at hand'),
  'inbox-unknown': entry('inbox', 'usage', false, 'there is no submission of that receipt'),
  'inbox-credentials': entry('inbox', 'failed', false, 'the origin does not take the credentials of inbox.replay'),
  interrupted: entry('command', 'failed', true, 'stopped by a signal'),
  unexpected: entry('command', 'failed', false, 'a fault in Holdfast itself'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorDetail {
  /** What to do about it, one sentence. */
  readonly hint?: string;
  /** After a publish failed: what visitors get now. */
  readonly visitors?: string;
  readonly cause?: unknown;
}

/** The only error thrown on purpose. `message` says what, which and why in one line. */
export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly visitors: string | undefined;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.hint = detail.hint;
    this.visitors = detail.visitors;
  }

  get stage(): Stage {
    return ERRORS[this.code].stage;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }

  get exit(): number {
    return EXIT[ERRORS[this.code].exit].code;
  }
}

/** True for a HoldfastError, of one of `codes` where any are given. */
export function isHoldfastError(error: unknown, ...codes: ErrorCode[]): error is HoldfastError {
  return error instanceof HoldfastError && (codes.length === 0 || codes.includes(error.code));
}

/** True for an error of one of `codes`; unlike `isHoldfastError` it tells the compiler nothing about other errors. */
export function hasCode(error: HoldfastError, ...codes: ErrorCode[]): boolean {
  return codes.includes(error.code);
}

/** Wraps whatever was thrown, so that callers see one kind of error. */
export function asHoldfastError(error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new HoldfastError('unexpected', message, {
    cause: error,
    hint: 'please report this with the command you ran',
  });
}
