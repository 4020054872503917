import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { HoldfastError } from '../../model/errors.ts';
import { retryAfter } from '../../origin/retry-after.ts';
import { CALL_DEADLINE_MS, type PurgeAnswer } from '../purger.ts';

/** Services answer with a few lines; what is longer is not theirs. */
const MAX_ANSWER_BYTES = 65_536;
/** Enough of an answer to know what it is about, on one line of a terminal. */
const SHOWN_CHARACTERS = 200;

export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** One request to `cache`; redirects are not followed. Throws `purge-failed` where no whole answer comes, an aborted signal's reason. */
export async function call(cache: string, asked: Call, signal: AbortSignal): Promise<Answer> {
  return withDeadline(cache, signal, async (deadline) => readAnswer(await send(asked, deadline)));
}

/** Runs `work` for `CALL_DEADLINE_MS` at most. Whatever it throws comes out as `purge-failed`, an aborted signal's reason as it is. */
export async function withDeadline<T>(
  cache: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(CALL_DEADLINE_MS);
  const either = AbortSignal.any([signal, limit]);
  try {
    return await Promise.race([work(either), rejection(either)]);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof HoldfastError) throw error;
    const why = limit.aborted ? `no answer within ${CALL_DEADLINE_MS / 1000} s` : reasonOf(error);
    throw new HoldfastError('purge-failed', `${cache}: ${why}`, { cause: error });
  }
}

/** Not every part of a vendor's SDK listens to a signal. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error));
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return oneLine(error.message.includes(code) ? error.message || code : `${code}: ${error.message}`);
}

function send({ method, url, headers, body }: Call, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    const length = body === undefined ? {} : { 'content-length': `${Buffer.byteLength(body)}` };
    const options: RequestOptions = { method, headers: { ...headers, ...length }, signal };
    request(url, options, resolve).on('error', reject).end(body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() };
}

/** What an answer means where its status says all: a success, a wish to be asked later, or `purge-failed`. */
export function judge(cache: string, answer: Answer, fine: readonly number[] = []): PurgeAnswer {
  const { status, text } = answer;
  if ((status >= 200 && status < 300) || fine.includes(status)) return { kind: 'done' };
  const said = `${cache}: answered ${status}${text.trim() === '' ? '' : `: ${oneLine(text)}`}`;
  if (status !== 429 && status !== 503) throw new HoldfastError('purge-failed', said, hintOf(status));
  const now = Date.parse(answer.headers.date ?? '');
  const waitMs = retryAfter(answer.headers['retry-after'], now);
  return { kind: 'later', why: said, ...(waitMs === undefined ? {} : { waitMs }) };
}

function hintOf(status: number): { hint?: string } {
  if (status === 401 || status === 403) return { hint: 'see whether its credentials are right, and may purge' };
  if (status === 404 || status === 405)
    return { hint: 'see whether its ids and addresses in the configuration are right' };
  return {};
}

/** Text of a stranger as a part of one line. */
export function oneLine(text: string): string {
  const line = text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
}

/** Takes the steps, `atOnce` at a time, until one is not 'done' or throws; that is then what became of the whole. */
export async function takeAll<T>(
  list: readonly T[],
  atOnce: number,
  step: (one: T) => Promise<PurgeAnswer>,
): Promise<PurgeAnswer> {
  const source = list[Symbol.iterator]();
  let answer: PurgeAnswer = { kind: 'done' };
  let isOver = false;
  const worker = async () => {
    for (let next = source.next(); !next.done && !isOver; next = source.next()) {
      try {
        const one = await step(next.value);
        if (one.kind === 'done') continue;
        answer = one;
        isOver = true;
      } catch (error) {
        isOver = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return answer;
}

/** The list in pieces of `size` at most. */
export function pieces<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}
