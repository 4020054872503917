import type { OriginConfig } from '../config/schema.ts';
import type { Clock } from '../model/clock.ts';
import { checkedLookup, type ResolveName } from './addresses-allowed.ts';
import { createAgents } from './agents.ts';
import type { Answer, LookRequest } from './answer.ts';
import { Exchange } from './exchange.ts';
import { createHeaders } from './headers.ts';
import type { Lessons } from './lessons.ts';
import { readAnswer } from './read-answer.ts';

export interface AskerOptions {
  readonly config: OriginConfig;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly lookup: ResolveName | undefined;
  readonly lessons: Lessons;
}

/** Sends single requests. */
export interface Asker {
  /** One request, no redirects followed. `onStart` gets the way to end it at once. */
  ask(url: string, request: LookRequest, onStart: (fail: (reason: unknown) => void) => void): Promise<Answer>;
  /** Requests really sent. */
  readonly requests: number;
  /** Milliseconds that requests took, those that failed too, all together. */
  readonly waited: number;
  close(): void;
}

/** Makes no connection yet. */
export function createAsker({ config, userAgent, clock, lookup, lessons }: AskerOptions): Asker {
  const { origin, host, protocol } = new URL(config.url);
  const agents = createAgents(protocol, checkedLookup(config.allowPrivate, lookup));
  const headers = createHeaders(config, userAgent);
  let requests = 0;
  let waited = 0;
  const onSent = () => {
    requests += 1;
  };

  return {
    ask: async (url, request, onStart) => {
      const { accept, validators, aside = false } = request;
      const target = { path: url.slice(origin.length), host };
      const cap = accept === 'asset' ? config.maxAsset : config.maxPage;
      const asked = { accept, aside, path: target.path, began: clock.monotonic() };
      const exchange = new Exchange(
        { url, headers: headers.for(accept, validators), target, limits: config, onSent },
        agents,
      );
      onStart((reason) => exchange.fail(reason));
      try {
        const head = await exchange.open();
        const answer = await readAnswer(exchange, head, { request, url, target, cap });
        lessons.answered(head, asked);
        return answer;
      } catch (error) {
        exchange.abandon();
        lessons.failed(error, asked);
        throw error;
      } finally {
        waited += clock.monotonic() - asked.began;
      }
    },
    get requests() {
      return requests;
    },
    get waited() {
      return waited;
    },
    close: () => agents.destroy(),
  };
}
