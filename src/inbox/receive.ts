import { randomBytes } from 'node:crypto';
import type { InboxConfig } from '../config/schema.ts';
import type { Clock } from '../model/clock.ts';
import { isHoldfastError } from '../model/errors.ts';
import type { Site } from '../model/site.ts';
import type { Courier, Handed, RawHeaders } from '../origin/hand.ts';
import { attempt } from './attempt.ts';
import { isFromSite, type Provenance, type Refusal, refusalOf } from './checks.ts';
import { TRAILER_BYTES } from './envelope.ts';
import { type Fields, type Letters, readForm } from './fields.ts';
import { type Form, passedOn, type Words } from './forms.ts';
import { judge } from './judge.ts';
import type { Known } from './known.ts';
import type { Rates } from './rates.ts';
import type { Room } from './room.ts';
import type { Seal } from './seal.ts';
import type { Spool } from './spool.ts';
import { keyOf, packed } from './submission.ts';
import type { Turnstile } from './turnstile.ts';
import { senderOf } from './visitor.ts';

/** A form as it came, its body within the limit. */
export interface Posted {
  /** Path, with the query where there is one. */
  readonly path: string;
  readonly contentType: string;
  readonly provenance: Provenance;
  readonly address: string;
  readonly agent: string;
  readonly headers: RawHeaders;
  readonly body: Buffer;
}

/** What became of it. Only `kept` says that it is safe here, and only after it is. */
export type Verdict =
  | { readonly kind: 'handed'; readonly answer: Extract<Handed, { kind: 'answer' }> }
  | { readonly kind: 'kept'; readonly receipt: string; readonly at: number; readonly words: Words }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly text: string }
  /** Something went wrong here, so it is not kept. */
  | { readonly kind: 'broken'; readonly error: unknown; readonly text: string };

/** What a receiver works with. */
export interface ReceiverParts {
  readonly config: InboxConfig;
  readonly site: Site;
  readonly clock: Clock;
  readonly courier: Courier;
  readonly turnstile: Turnstile;
  readonly rates: Rates;
  readonly room: Room;
  readonly seal: Seal;
  readonly spool: Spool;
  readonly known: Known;
}

/** Takes submissions: checked, tried at the origin, and kept where it cannot take them. */
export interface Receiver {
  /** Throws the signal's reason; whatever else goes wrong is a verdict. */
  receive(posted: Posted, form: Form, signal: AbortSignal): Promise<Verdict>;
}

/** `sure`: the origin cannot have stored it. */
type Tried = { readonly answer: Extract<Handed, { kind: 'answer' }> } | { readonly sure: boolean };

/** A receiver of its parts. */
export function createReceiver(parts: ReceiverParts): Receiver {
  /** Forms of one key that are on their way: the same form sent twice at once waits for the first. */
  const underWay = new Map<string, Promise<unknown>>();
  return {
    async receive(posted, form, signal) {
      const read = await readForm(posted.body, posted.contentType);
      const { fields, letters } = 'fields' in read ? read : NOTHING;
      const words = form.read(fields);
      const refuse = (refusal: Refusal): Verdict => ({ kind: 'refused', refusal, text: words.text });
      if (!isFromSite(posted.provenance, parts.site.hosts)) return refuse('elsewhere');
      const wrong = refusalOf(read, form.read, parts.config) ?? parts.rates.count(senderOf(posted.address));
      if (wrong !== undefined) return refuse(wrong);
      const key = keyOf(posted.path, words, parts.known.key);
      while (underWay.has(key)) await underWay.get(key)?.catch(() => undefined);
      const work = takeIn({ posted, form, fields: passedOn(fields), letters, words, key }, parts, signal).catch(
        (error: unknown): Verdict => {
          signal.throwIfAborted();
          return { kind: 'broken', error, text: words.text };
        },
      );
      underWay.set(key, work);
      return work.finally(() => underWay.delete(key));
    },
  };
}

const NOTHING = { fields: [], letters: 'utf-8' } as const;

interface Taking {
  readonly posted: Posted;
  readonly form: Form;
  readonly fields: Fields;
  readonly letters: Letters;
  readonly words: Words;
  readonly key: string;
}

async function takeIn(taking: Taking, parts: ReceiverParts, signal: AbortSignal): Promise<Verdict> {
  const { form, fields, words, key } = taking;
  const now = parts.clock.now();
  const same = await parts.known.find(key, now);
  if (same !== undefined) return { kind: 'kept', receipt: same, at: now, words };
  const tried = await tryOrigin(taking, parts, signal);
  if ('answer' in tried) return { kind: 'handed', answer: tried.answer };
  const refuse = (refusal: Refusal): Verdict => ({ kind: 'refused', refusal, text: words.text });
  const missing = form.missing(fields);
  if (missing.length > 0) return refuse(missing.some((name) => has(fields, name)) ? 'missing' : 'away');
  const receipt = randomBytes(16).toString('hex');
  const isKept = await keep(taking, { at: now, receipt, key, tries: 0, due: 0, sure: tried.sure }, parts);
  return isKept ? { kind: 'kept', receipt, at: now, words } : refuse('full');
}

/** Who is logged in gets a form without name and address. The origin knows them by a cookie, which is never kept, so it cannot be delivered later. */
const has = (fields: Fields, name: string): boolean => fields.some(([field]) => field === name);

async function tryOrigin(
  { posted, fields, letters }: Taking,
  parts: ReceiverParts,
  signal: AbortSignal,
): Promise<Tried> {
  const { courier, site, config } = parts;
  const { path, headers, address, agent } = posted;
  const tried = await parts.turnstile.pass(async () => {
    const options = { courier, site, forward: config.forward, deadline: config.deadline };
    const handed = await attempt({ path, fields, letters, headers, address, agent }, options, signal).catch(notAllowed);
    const means = judge(handed);
    const value: Tried =
      handed.kind === 'answer' && means === 'answered' ? { answer: handed } : { sure: means !== 'unsure' };
    const isAway = means !== 'answered' && !(handed.kind === 'answer' && handed.status === 429);
    return { failed: isAway, value };
  });
  return typeof tried === 'string' ? { sure: true } : tried;
}

/** An origin at an address that the configuration forbids is not asked; `check` says so, and what came meanwhile is safe. */
function notAllowed(error: unknown): Handed {
  if (isHoldfastError(error, 'origin-private')) return { kind: 'unreached', why: error.code };
  throw error;
}

async function keep({ posted, fields, letters }: Taking, entry: Parameters<Spool['keep']>[0], parts: ReceiverParts) {
  const { path, address, agent } = posted;
  const bytes = packed({ v: 1, at: entry.at, path, fields, letters, address, agent });
  const sealed = await parts.seal.close(bytes);
  if (!(await parts.room.take(sealed.length + TRAILER_BYTES))) return false;
  try {
    await parts.spool.keep(entry, sealed);
  } catch (error) {
    if (isHoldfastError(error, 'state-unwritable')) return false;
    throw error;
  }
  parts.known.add(entry.key, entry.receipt, entry.at);
  return true;
}
