import { HoldfastError } from '../model/errors.ts';

/** Where a request went, for messages. */
export interface Target {
  /** Path and query. */
  readonly path: string;
  /** host[:port] that was connected to. */
  readonly host: string;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'dropped the connection',
  EPIPE: 'dropped the connection',
  ETIMEDOUT: 'did not take the connection',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ENOTFOUND: 'is a name that does not resolve',
  EAI_AGAIN: 'is a name that does not resolve now',
};

/** The error for a connection that failed; `answered` says that headers had come already. */
export function transportFailure(error: unknown, target: Target, answered: boolean): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException;
  if (code.startsWith('HPE_')) return cut(target, `what came is not a valid HTTP answer (${code})`, error);
  if (answered) return cut(target, 'the connection ended before the body did', error);
  return new HoldfastError(
    'origin-unreachable',
    `GET ${target.path}: ${target.host} ${REASONS[code] ?? `gave no answer: ${message}`}`,
    { cause: error },
  );
}

/** The error for a body that is not whole. */
export function cut(target: Target, how: string, cause?: unknown): HoldfastError {
  return new HoldfastError('origin-cut', `GET ${target.path}: ${how}`, { cause });
}

/** The error for an answer over its deadline or silent for too long. */
export function timedOut(target: Target, how: string): HoldfastError {
  return new HoldfastError('origin-timeout', `GET ${target.path}: ${how}`);
}

/** The error for a body over its cap. */
export function tooLarge(target: Target, how: string): HoldfastError {
  return new HoldfastError('origin-too-large', `GET ${target.path}: ${how}`);
}
