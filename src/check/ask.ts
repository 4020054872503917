import { connect } from 'node:net';

/** What an address on the web answered. Times are milliseconds since 1970. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Unpacked. */
  readonly body: Buffer;
  readonly asked: number;
  readonly answered: number;
}

/** Asks for an address once, by GET; what kept it from answering, in words, where something did. */
export type AskWeb = (url: string, signal: AbortSignal) => Promise<Reply | string>;

const DEADLINE_MS = 5000;
/** Larger than any page or robots.txt that is compared here. */
const MOST_BYTES = 20_000_000;

/** One request, no redirect followed; at most five seconds. */
export const askWeb: AskWeb = async (url, signal) => {
  const asked = Date.now();
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
    const answer = await fetch(url, { redirect: 'manual', signal: limit });
    const answered = Date.now();
    const body = await wholeOf(answer);
    return { status: answer.status, headers: answer.headers, body, asked, answered };
  } catch (error) {
    signal.throwIfAborted();
    return reasonOf(error);
  }
};

async function wholeOf({ body }: Response): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += part.length;
    if (size > MOST_BYTES) throw new Error('it answers without end');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Whether something takes connections there; what kept it from that, in words, where it does not. Nothing is sent. */
export function reach(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    const end = (why: string | undefined): void => {
      socket.destroy();
      resolve(why);
    };
    socket.setTimeout(DEADLINE_MS, () => end(`no answer within ${DEADLINE_MS / 1000} s`));
    socket.once('connect', () => end(undefined));
    socket.once('error', (error) => end(reasonOf(error)));
  });
}

/** The system's word for what failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be reached';
  if (error.name === 'TimeoutError') return `no answer within ${DEADLINE_MS / 1000} s`;
  const { cause } = error;
  const told = cause instanceof Error ? cause : error;
  return 'code' in told ? String(told.code) : told.message;
}
