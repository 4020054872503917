import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Config } from '../config/schema.ts';
import { hotLanes } from '../cycle/launch.ts';
import { normalizePath } from '../model/address.ts';
import type { Asked } from '../snapshot/context.ts';
import { MOST_PATHS } from './asks.ts';
import type { Joined } from './runner.ts';
import { type Handler, json, type Reply } from './server.ts';

/** A list of paths is small. */
const MOST_BYTES = 65_536;

export interface TriggerOptions {
  /** The configuration in use now. */
  readonly config: () => Config;
  readonly ask: (asked: Asked) => Joined;
  /** The machine that is active, where that is another. */
  readonly other: () => string | undefined;
}

/**
 * `POST /trigger`: looks at pages or lanes at once. The body may be JSON, `{ "paths": ["/news/"], "lanes": ["hot"] }`; without any the
 * hot lanes are meant. Answers 202 and which cycle sees to it.
 */
export function triggerRoute({ config, ask, other }: TriggerOptions): Handler {
  return async (request) => {
    const refused = refusal(request, config().run.token);
    if (refused !== undefined) return refused;
    const body = await bodyOf(request);
    if (body === undefined) return json(413, { error: `the body is longer than ${MOST_BYTES} bytes` });
    const asked = wishIn(body, config());
    if ('error' in asked) return json(400, asked);
    const joined = ask(asked);
    if (joined === 'passive') return json(503, { error: 'this machine is passive', active: other() ?? null });
    return json(202, { joined, ...asked });
  };
}

/** Nobody's browser may be made to call it: a page elsewhere says its origin, and has no token. */
function refusal(request: IncomingMessage, token: string | undefined): Reply | undefined {
  if (request.headers.origin !== undefined) return json(403, { error: 'pages of a browser may not trigger' });
  if (token === undefined) return json(403, { error: 'there is no trigger: the configuration has no `run.token`' });
  const said = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (timingSafeEqual(digest(said), digest(token))) return undefined;
  const headers = { 'www-authenticate': 'Bearer', 'content-type': 'application/json; charset=utf-8' };
  return { ...json(401, { error: 'the token is missing or wrong' }), headers };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function wishIn(body: string, config: Config): Asked | { readonly error: string } {
  const wish = body.trim() === '' ? {} : parsed(body);
  if (wish === undefined) return { error: 'the body is not a JSON object' };
  const { paths = [], lanes = [], ...rest } = wish;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return { error: `${JSON.stringify(unknown)}: there are paths and lanes` };
  if (!isTexts(paths) || paths.length > MOST_PATHS) return { error: `paths: a list of at most ${MOST_PATHS} paths` };
  if (!isTexts(lanes)) return { error: 'lanes: a list of names' };
  const known = config.lanes.map(({ name }) => name);
  const strange = lanes.find((name) => !known.includes(name));
  if (strange !== undefined) return { error: `lanes: there is ${known.join(', ')}` };
  const addresses = paths.map(addressIn);
  const bad = addresses.indexOf(undefined);
  if (bad >= 0) return { error: `paths[${bad}]: not a path of the site: it starts with / and has no query` };
  if (addresses.length === 0 && lanes.length === 0) return { paths: [], lanes: hotLanes(config) };
  return { paths: addresses.filter((address) => address !== undefined), lanes };
}

function parsed(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function addressIn(path: string): string | undefined {
  try {
    return /^\/(?!\/)[^?#]*$/.test(path) ? normalizePath(path) : undefined;
  } catch {
    return undefined;
  }
}
