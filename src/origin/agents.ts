import { type Agent, type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';

/** An agent that remembers the request it was handed last. */
export interface TappedAgent {
  readonly agent: Agent;
  /** The request handed over since the last call, to be asked for right after the call that makes it. */
  taken(): ClientRequest | undefined;
}

/** The sockets of one client. */
export interface Agents {
  /** Keeps sockets alive between requests. */
  readonly kept: TappedAgent;
  /** A new socket for each request, closed after it. */
  readonly fresh: TappedAgent;
  /** Closes every socket. */
  destroy(): void;
}

/** Sockets for one scheme, connecting only to what `lookup` hands over. */
export function createAgents(protocol: string, lookup: LookupFunction): Agents {
  const kept = createAgent(protocol, { keepAlive: true, lookup });
  const fresh = createAgent(protocol, { keepAlive: false, lookup });
  return {
    kept: tap(kept),
    fresh: tap(fresh),
    destroy: () => {
      kept.destroy();
      fresh.destroy();
    },
  };
}

function createAgent(protocol: string, options: { keepAlive: boolean; lookup: LookupFunction }): Agent {
  return protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
}

/** What Node calls on an agent for each request, synchronously, and its types leave out. */
interface RequestTaker {
  addRequest(request: ClientRequest, ...rest: unknown[]): void;
}

/** node-fetch hides the request and Node's own answer; the truth about framing and reused sockets is only there. */
function tap(agent: Agent): TappedAgent {
  let last: ClientRequest | undefined;
  const taker = agent as Agent & RequestTaker;
  const pass = taker.addRequest.bind(agent);
  taker.addRequest = (request, ...rest) => {
    last = request;
    pass(request, ...rest);
  };
  return {
    agent,
    taken: () => {
      const request = last;
      last = undefined;
      return request;
    },
  };
}
