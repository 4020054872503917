import type { InboxConfig } from '../config/schema.ts';
import type { Clock } from '../model/clock.ts';
import { isHoldfastError } from '../model/errors.ts';
import type { Site } from '../model/site.ts';
import { isAbsent } from '../store/files.ts';
import { attempt } from './attempt.ts';
import { MAX_TRIES, waitAfter } from './backoff.ts';
import { formDelivery } from './deliver/form.ts';
import { lookUp } from './deliver/lookup.ts';
import { type Delivery, impersonal } from './deliver/outcome.ts';
import { fitsRest, type Rest, restDelivery } from './deliver/rest.ts';
import type { Entry } from './entry.ts';
import { type Form, pathOf, type Words } from './forms.ts';
import { isWell } from './probe.ts';
import type { Unsealer } from './seal.ts';
import type { Spool, Why } from './spool.ts';
import { type Kept, unpacked } from './submission.ts';

/** What a replay works with. */
export interface ReplayParts {
  readonly config: InboxConfig;
  readonly site: Site;
  readonly clock: Clock;
  readonly spool: Spool;
  readonly unsealer: Unsealer;
  readonly forms: readonly Form[];
  readonly rest: Rest;
  readonly log: (event: ReplayEvent) => void;
}

/** One submission's turn, or why the run ended early. It holds nothing of a visitor's. */
export interface ReplayEvent {
  readonly event: 'delivered' | 'refused' | 'later' | 'torn' | 'unreadable' | 'stopped';
  readonly receipt?: string;
  readonly id?: number;
  readonly why?: string;
}

/** What a run did. */
export interface ReplayReport {
  readonly delivered: number;
  readonly refused: number;
  /** Put off. */
  readonly later: number;
  /** Torn files, put aside. */
  readonly torn: number;
  /** Sealed to another key. */
  readonly unreadable: number;
  /** Still waiting. */
  readonly waiting: number;
  /** Why it ended before all that was due had its turn; null where it did not. */
  readonly stopped: string | null;
}

/** Between two forms: WordPress refuses a second comment of one address, which is ours, within 15 s. */
export const FORM_PACE_MS = 16_000;
/** Between two comments by REST, to leave the origin's processor to its readers. */
export const REST_PACE_MS = 100;
/** Put off in a row: then it is not the submissions. */
const LATER_IN_A_ROW = 2;

/**
 * Delivers what is due, oldest first, one at a time. The caller holds the spool's replay lock, so whatever lies in `cur` was left by a run
 * that was killed: it may have been delivered. Throws `inbox-sealed`, `inbox-credentials`, `state-unwritable`, or the signal's reason.
 */
export async function replay(parts: ReplayParts, signal: AbortSignal): Promise<ReplayReport> {
  const { spool, log } = parts;
  const counts = { delivered: 0, refused: 0, later: 0, torn: 0, unreadable: 0 };
  for (const entry of await spool.list('cur')) await spool.move(entry, 'cur', 'new', { ...entry, sure: false });
  const turn = createTurn(parts);
  const next = createQueue(parts);
  let inARow = 0;
  let stopped: string | null = null;
  let entry = await next();
  if (entry !== undefined && !(await isWell(parts, signal))) stopped = 'the origin is not well';
  for (; entry !== undefined && stopped === null; entry = await next()) {
    signal.throwIfAborted();
    const { event, stop, why, id } = await turn(entry, signal);
    if (event === 'gone') continue;
    counts[event] += 1;
    log({ event, receipt: entry.receipt, ...(why === undefined ? {} : { why }), ...(id === undefined ? {} : { id }) });
    inARow = event === 'later' ? inARow + 1 : event === 'delivered' || event === 'refused' ? 0 : inARow;
    if (stop || inARow >= LATER_IN_A_ROW) stopped = why ?? event;
  }
  if (stopped !== null) log({ event: 'stopped', why: stopped });
  return { ...counts, waiting: (await spool.list('new')).length, stopped };
}

/**
 * What is due, each once a run, oldest first. The folder is read once a round and not once an entry: ten thousand that wait would else be
 * listed ten thousand times. What came, or became due, during a round has its turn in the next; undefined where a new round finds nothing.
 */
function createQueue({ spool, clock }: Pick<ReplayParts, 'spool' | 'clock'>): () => Promise<Entry | undefined> {
  const had = new Set<string>();
  let round: Entry[] = [];
  return async () => {
    if (round.length === 0) {
      const now = clock.now();
      round = (await spool.list('new')).filter(({ due, receipt }) => due <= now && !had.has(receipt)).reverse();
    }
    const entry = round.pop();
    if (entry !== undefined) had.add(entry.receipt);
    return entry;
  };
}

interface Turned {
  readonly event: 'delivered' | 'refused' | 'later' | 'torn' | 'unreadable' | 'gone';
  readonly stop: boolean;
  readonly why?: string;
  readonly id?: number | undefined;
}

/** One submission's whole turn: read, claimed, delivered, put where it belongs. */
function createTurn(parts: ReplayParts): (entry: Entry, signal: AbortSignal) => Promise<Turned> {
  const { spool, clock } = parts;
  const delivering = createDelivery(parts);
  return async (entry, signal) => {
    const read = await open(entry, parts);
    if (read === 'gone' || read === 'unreadable') return { event: read, stop: false };
    if (read === 'torn') {
      await spool.move(entry, 'new', 'quarantine');
      return { event: 'torn', stop: false };
    }
    // Before it is claimed: a run that ends while it waits has sent nothing.
    await delivering.wait(read, signal);
    if (!(await spool.move(entry, 'new', 'cur'))) return { event: 'gone', stop: false };
    const delivery = await delivering.deliver(entry, read, signal).catch(async (error: unknown) => {
      // Whose fault it is was said by the origin, which therefore has not stored it.
      if (isHoldfastError(error, 'inbox-credentials')) await spool.move(entry, 'cur', 'new');
      throw error;
    });
    return settle(entry, delivery, { spool, now: clock.now(), kept: read });
  };
}

async function open(
  entry: Entry,
  { spool, unsealer, config }: ReplayParts,
): Promise<Kept | 'gone' | 'torn' | 'unreadable'> {
  try {
    const bytes = await spool.read('new', entry);
    if (bytes === undefined) return 'torn';
    return unpacked(await unsealer.open(bytes)) ?? 'torn';
  } catch (error) {
    if (isAbsent(error)) return 'gone';
    // One that was sealed to an older key keeps no other waiting; without any key all would be skipped, and that is told.
    if (isHoldfastError(error, 'inbox-sealed') && config.replay.identity !== undefined) return 'unreadable';
    throw error;
  }
}

interface Settling {
  readonly spool: Spool;
  readonly now: number;
  readonly kept: Kept;
}

async function settle(entry: Entry, delivery: Delivery, { spool, now, kept }: Settling): Promise<Turned> {
  if (delivery.kind === 'delivered') {
    await spool.move(entry, 'cur', 'done', { ...entry, due: now });
    return { event: 'delivered', stop: false, id: delivery.id };
  }
  if (delivery.kind === 'refused') return bury(entry, delivery.why, { spool, now, kept });
  const { why, stop, sure } = delivery;
  const tries = entry.tries + 1;
  if (tries >= MAX_TRIES) return bury(entry, { code: 'given-up', status: null, text: why }, { spool, now, kept });
  await spool.move(entry, 'cur', 'new', { ...entry, tries, due: now + waitAfter(tries), sure: entry.sure && sure });
  return { event: 'later', stop, why };
}

/** Its reason stands beside it before it is a dead letter, and names nobody. */
async function bury(entry: Entry, why: Why, { spool, now, kept }: Settling): Promise<Turned> {
  await spool.explain(entry, { ...why, text: impersonal(why.text, kept) });
  await spool.move(entry, 'cur', 'refused', { ...entry, due: now });
  return { event: 'refused', stop: false, why: why.code };
}

/** How one is sent: each way has a pace of its own. */
type Way = 'form' | 'rest';

const PACE_MS: Readonly<Record<Way, number>> = { form: FORM_PACE_MS, rest: REST_PACE_MS };

function createDelivery({ config, site, clock, forms, rest }: ReplayParts) {
  const last = { form: Number.NEGATIVE_INFINITY, rest: Number.NEGATIVE_INFINITY };
  const formOf = ({ path }: Kept) => forms.find((one) => one.takes(pathOf(path)));
  const wayOf = (form: Form, words: Words): Way =>
    form.use === 'wordpress' && rest.authorization !== undefined && fitsRest(words) ? 'rest' : 'form';
  const send = async (kept: Kept, form: Form, words: Words, signal: AbortSignal): Promise<Delivery> => {
    const way = wayOf(form, words);
    try {
      if (way === 'rest') return await restDelivery(kept, words, rest, signal);
      const { courier, deadline } = rest;
      const { path, fields, letters = 'utf-8', address, agent } = kept;
      const options = { courier, site, forward: config.forward, deadline };
      return formDelivery(await attempt({ path, fields, letters, address, agent }, options, signal), form, site);
    } finally {
      last[way] = clock.monotonic();
    }
  };
  return {
    async wait(kept: Kept, signal: AbortSignal): Promise<void> {
      const form = formOf(kept);
      if (form === undefined) return;
      const way = wayOf(form, form.read(kept.fields));
      const ms = last[way] + PACE_MS[way] - clock.monotonic();
      if (ms > 0) await clock.sleep(ms, signal);
    },
    async deliver(entry: Entry, kept: Kept, signal: AbortSignal): Promise<Delivery> {
      const form = formOf(kept);
      if (form === undefined)
        return { kind: 'refused', why: { code: 'no-form', status: null, text: 'no form of inbox.forms posts there' } };
      const words = form.read(kept.fields);
      if (!entry.sure) {
        // Nothing says whether another form's comment is there; somebody has to look.
        if (form.use !== 'wordpress')
          return { kind: 'refused', why: { code: 'unsure', status: null, text: 'it may have been stored' } };
        const found = await lookUp(kept, words, rest, signal);
        if (found === 'unknown') return { kind: 'later', why: 'it could not be looked up', sure: false, stop: false };
        if (found !== 'unseen') return { kind: 'delivered', id: found.id };
      }
      return send(kept, form, words, signal);
    },
  };
}
