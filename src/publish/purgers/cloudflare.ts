import { HoldfastError } from '../../model/errors.ts';
import type { PurgeAnswer, PurgeAsk, Purger } from '../purger.ts';
import { type Answer, call, judge, oneLine, pieces, takeAll } from './call.ts';

/** In one call: the least that any plan was ever documented to take. */
const CALL_SIZE = 30;

export interface CloudflareOptions {
  /** Shown in every error and warning. */
  readonly name: string;
  readonly zone: string;
  /** Needs the permission to purge this zone's cache and no other. */
  readonly token: string;
  /** `https://api.cloudflare.com/client/v4` */
  readonly endpoint: string;
  /** Where visitors see the site: what is cached is named by it. */
  readonly publicUrl: URL;
}

/** Cloudflare's cache of a zone, by `purge_cache`: URLs, prefixes, or everything. It costs nothing but calls, five a minute on a free plan. */
export function createCloudflare(options: CloudflareOptions): Purger {
  const url = new URL(`${options.endpoint.replace(/\/$/, '')}/zones/${options.zone}/purge_cache`);
  const headers = { authorization: `Bearer ${options.token}`, 'content-type': 'application/json' };
  return {
    name: options.name,
    limit: { paths: 10 * CALL_SIZE, prefixes: CALL_SIZE, byFile: false },
    purge: (ask, signal) =>
      takeAll(bodiesOf(ask, options.publicUrl), 1, async (body) => {
        const answer = await call(options.name, { method: 'POST', url, headers, body: JSON.stringify(body) }, signal);
        return judgeEnvelope(options.name, answer);
      }),
  };
}

/** Prefixes are written without scheme and without a slash at their end. */
function bodiesOf(ask: PurgeAsk, site: URL): readonly object[] {
  if (ask === 'everything') return [{ purge_everything: true }];
  const files = ask.paths.map((path) => `${site.origin}${path}`);
  const prefixes = ask.prefixes.map((prefix) => `${site.host}${prefix.slice(0, -1)}`);
  return [
    ...pieces(files, CALL_SIZE).map((piece) => ({ files: piece })),
    ...pieces(prefixes, CALL_SIZE).map((piece) => ({ prefixes: piece })),
  ];
}

interface Envelope {
  readonly success?: boolean;
  readonly errors?: readonly { readonly code?: number; readonly message?: string }[];
}

/** What Cloudflare did not do it may say with status 200 too. */
function judgeEnvelope(name: string, answer: Answer): PurgeAnswer {
  const envelope = parse(answer.text);
  const told = envelope?.errors?.map(({ code, message }) => `${message ?? 'no reason'} (${code ?? 'no code'})`);
  const text = told === undefined || told.length === 0 ? answer.text : told.join(', ');
  const judged = judge(name, { ...answer, text });
  if (judged.kind !== 'done' || envelope?.success === true) return judged;
  throw new HoldfastError('purge-failed', `${name}: answered ${answer.status}, but without success: ${oneLine(text)}`, {
    hint: 'see whether the token may purge this zone',
  });
}

function parse(text: string): Envelope | undefined {
  try {
    return (JSON.parse(text) ?? undefined) as Envelope | undefined;
  } catch {
    return undefined;
  }
}
