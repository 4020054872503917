import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { OriginAnswer } from '../../src/edge/decide.ts';

/** How an origin fares; `slow` answers well, each request half a second later; `broken off` ends in the middle of its answer; `endless` tells events. */
export type OriginState =
  | 'up'
  | 'refused'
  | 'hang'
  | '429'
  | '500'
  | '503'
  | 'drip'
  | 'error with 200'
  | 'slow'
  | 'broken off'
  | 'endless';

/** What an edge hears in each state; of the others that depends on how it passes on an answer. */
export const HEARD: Readonly<Record<Exclude<OriginState, 'broken off' | 'endless'>, OriginAnswer>> = {
  up: 200,
  refused: 'refused',
  hang: 'timeout',
  '429': 429,
  '500': 500,
  '503': 503,
  drip: 200,
  'error with 200': 200,
  slow: 200,
};

/** An origin on loopback whose state is set by the test, and which counts. */
export interface ScriptedOrigin {
  readonly url: string;
  become(state: OriginState): Promise<void>;
  /** Requests that came, in their order. */
  readonly requests: readonly IncomingMessage[];
  /** Most requests that were under way at once since `forget`. */
  readonly atOnce: number;
  forget(): void;
  close(): Promise<void>;
}

/** What it answers with a body in each state that has one. */
export const ORIGIN_TEXT = 'the origin itself';
export const ERROR_TEXT = 'Error establishing a database connection';

const SLOW_MS = 500;
const DRIPS = 6;

export async function startScriptedOrigin(): Promise<ScriptedOrigin> {
  let state: OriginState = 'up';
  let requests: IncomingMessage[] = [];
  let underWay = 0;
  let most = 0;
  const server = createServer((request, response) => {
    requests.push(request);
    underWay += 1;
    most = Math.max(most, underWay);
    let isOver = false;
    const end = () => {
      if (!isOver) underWay -= 1;
      isOver = true;
    };
    response.once('close', end);
    request.resume();
    void answer(state, response, end);
  });
  const port = await listen(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    async become(next) {
      state = next;
      if (next === 'refused') await stop(server);
      else if (!server.listening) await listen(server, port);
    },
    get requests() {
      return requests;
    },
    get atOnce() {
      return most;
    },
    forget() {
      requests = [];
      most = underWay;
    },
    close: () => stop(server),
  };
}

/** `end` is called before the last byte goes: an edge that has it may send the next request before this side hears that all was sent. */
async function answer(state: OriginState, response: ServerResponse, end: () => void): Promise<void> {
  if (state === 'hang') return;
  if (state === 'slow') await wait(SLOW_MS);
  const status = /^\d+$/.test(state) ? Number(state) : 200;
  const type = state === 'endless' ? 'text/event-stream' : 'text/html';
  response.writeHead(status, { 'content-type': type, 'set-cookie': 'session=1', 'x-origin': state });
  if (state === 'endless') return response.flushHeaders();
  if (state === 'drip') {
    for (let drip = 0; drip < DRIPS; drip++) {
      response.write('.');
      await wait(100);
    }
  }
  end();
  if (state === 'broken off') {
    response.write(ORIGIN_TEXT);
    await wait(50);
    response.destroy();
  } else response.end(status === 200 && state !== 'error with 200' ? ORIGIN_TEXT : ERROR_TEXT);
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
