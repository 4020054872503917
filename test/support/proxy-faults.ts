import { setTimeout as sleep } from 'node:timers/promises';
import type { SeenRequest } from './faulty-proxy.ts';

/** What goes wrong with one request. All faults that match a request take part, the earlier rule first. */
export interface Fault {
  readonly name: string;
  /** Awaited when the head of the request is here and nothing was forwarded. */
  before?(request: SeenRequest): Promise<void> | void;
  /** Instead of forwarding: an answer of the proxy's own, or none, the connection held until the client or the proxy ends it. */
  readonly instead?: OwnAnswer | 'silence';
  /** Both connections are reset when this part (0 to 1) of the body was forwarded. */
  readonly cutRequestAt?: number;
  /** Awaited when the upstream began to answer, before a byte of that is passed on. */
  after?(request: SeenRequest): Promise<void> | void;
  /** The upstream's answer is swallowed, the connection held until the client or the proxy ends it. */
  readonly swallow?: boolean;
  /** The client's connection is reset when this part (0 to 1) of the answer's body was passed on. */
  readonly cutAnswerAt?: number;
}

/** An answer that no upstream gave. */
export interface OwnAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Holds a request until it is told to let go. */
export interface Pause extends Fault {
  /** Resolves when a request is held. */
  readonly reached: Promise<void>;
  /** Lets go of the request, and of those that come later. */
  resume(): void;
}

type Hook = (request: SeenRequest) => Promise<void> | void;

/** An error as S3 words it; the request is not forwarded. */
export function answer(status: number, code: string): Fault {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}, said the proxy</Message><RequestId>proxy</RequestId></Error>`;
  return { name: `${status} ${code}`, instead: { status, type: 'application/xml', body } };
}

/** S3's 500. */
export const serverError = (): Fault => answer(500, 'InternalError');
/** S3's 503 for whoever asks too often. */
export const slowDown = (): Fault => answer(503, 'SlowDown');
/** S3's 409 for two conditional writes at once. */
export const conflict = (): Fault => answer(409, 'ConditionalRequestConflict');
/** S3's 412. */
export const preconditionFailed = (): Fault => answer(412, 'PreconditionFailed');

/** The request is lost on its way: `run`, then silence. With a `run` that kills the client it is certain that nothing was forwarded. */
export function neverForwarded(run: Hook = () => {}): Fault {
  return { name: 'never forwarded', before: run, instead: 'silence' };
}

/** The request has its effect and the answer is lost: forwarded, then `run`, then silence. */
export function neverAnswered(run: Hook = () => {}): Fault {
  return { name: 'never answered', after: run, swallow: true };
}

/** A reset in the middle of the request's body; one without a body is not forwarded at all. */
export function cutRequest(part = 0.5): Fault {
  return { name: 'cut request', cutRequestAt: part };
}

/** A reset in the middle of the answer's body; after the head where it has none. */
export function cutAnswer(part = 0.5): Fault {
  return { name: 'cut answer', cutAnswerAt: part };
}

/** Waits before forwarding. */
export function delay(milliseconds: number): Fault {
  return { name: `delay ${milliseconds} ms`, before: () => sleep(milliseconds, undefined, { ref: false }) };
}

/** Runs and is awaited before the request is forwarded. */
export function before(run: Hook): Fault {
  return { name: 'before', before: run };
}

/** Runs and is awaited when the request had its effect, before it is answered. */
export function after(run: Hook): Fault {
  return { name: 'after', after: run };
}

/** Holds requests, not yet forwarded, until `resume`. */
export function pause(): Pause {
  const [reached, reach] = signal();
  const [resumed, resume] = signal();
  const before = () => {
    reach();
    return resumed;
  };
  return { name: 'pause', before, reached, resume };
}

function signal(): [Promise<void>, () => void] {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return [given, () => give()];
}
