import { type Agent, type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';

/** An agent that puts our headers on a request before it is sent, and hands it out. */
export interface TappedAgent {
  readonly agent: Agent;
  /** Calls `send`, which is to make one request by the agent it is given; that request, undefined where none was made. */
  tap(headers: Readonly<Record<string, string>>, send: (agent: Agent) => void): ClientRequest | undefined;
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

/**
 * node-fetch hides the request and Node's own answer; the truth about framing and reused sockets is only there. Headers go past it
 * too: it would copy each into a proxied URLSearchParams three times, which takes as long as all the rest of a request.
 */
function tap(agent: Agent): TappedAgent {
  let wanted: Readonly<Record<string, string>> = {};
  let last: ClientRequest | undefined;
  const taker = agent as Agent & RequestTaker;
  const pass = taker.addRequest.bind(agent);
  taker.addRequest = (request, ...rest) => {
    last = request;
    for (const name in wanted) request.setHeader(name, wanted[name] ?? '');
    pass(request, ...rest);
  };
  return {
    agent,
    tap: (headers, send) => {
      wanted = headers;
      last = undefined;
      send(agent);
      wanted = {};
      return last;
    },
  };
}
