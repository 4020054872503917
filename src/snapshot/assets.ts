import { type Address, fileFor } from '../model/address.ts';
import type { BlobRef, References } from '../model/capture.ts';
import { hasCode, isHoldfastError } from '../model/errors.ts';
import type { Entry, GoodEntry, Trouble } from '../model/snapshot.ts';
import { advance, expectMore } from '../model/way.ts';
import type { AnswerHeaders } from '../origin/client.ts';
import { ALWAYS_WANTED } from './always.ts';
import { type LookContext, wantAsset, warn } from './context.ts';
import { problemOf, validatorsOf } from './finding.ts';
import { drain, inParallel } from './parallel.ts';
import { openPass, sliceOf } from './slices.ts';
import { isTakenDown } from './snapshot.ts';

/** Stylesheets that import stylesheets that import …: deeper than this nobody builds. */
const MAX_IMPORT_DEPTH = 8;

/** Captures what is referred to and not there yet, and what those stylesheets import. Throws `origin-away` and the signal's reason. */
export async function captureNewAssets(context: LookContext, signal: AbortSignal): Promise<void> {
  const { records, config, triedAssets, tally } = context;
  for (const address of ALWAYS_WANTED) if (records.assets.get(address) === undefined) wantAsset(context, address, '');
  for (let depth = 0; depth < MAX_IMPORT_DEPTH; depth++) {
    const wanted = [...records.assets].filter(
      ([address, entry]) => isWanted(entry) && !triedAssets.has(address) && !isTakenDown(records, address),
    );
    if (wanted.length === 0) return;
    expectMore(tally.way, FILES, wanted.length);
    await inParallel(wanted, config.origin.concurrency, ([address]) => lookAtAsset(context, address, signal));
  }
}

/** What assets are called where somebody watches. */
const FILES = 'their files';

/** Of the lanes' states, the one of the assets: no lane can have this name. */
export const ASSETS = '(assets)';

/**
 * Looks at every asset that a page needs once more, conditionally and in slices; yields after each but the last. What this run has
 * captured, and what an earlier one had looked at before it was interrupted, is not asked for again. Forgets what nothing needs any more.
 */
export async function* refreshAssets(
  context: LookContext,
  reachable: ReadonlySet<Address>,
  signal: AbortSignal,
): AsyncGenerator<void> {
  const { records, clock, config, triedAssets } = context;
  const { began } = openPass(context, ASSETS, { every: config.assets.every, anew: false });
  for (const [address, { withdrawn }] of records.assets)
    if (!reachable.has(address) && withdrawn === undefined) records.assets.delete(address);
  const due = [...records.assets].filter(
    ([address, { lookedAt = 0 }]) =>
      reachable.has(address) && !triedAssets.has(address) && (lookedAt < began || lookedAt > clock.now()),
  );
  expectMore(context.tally.way, FILES, due.length);
  let next = 0;
  while (next < due.length) {
    const take = sliceOf(context, () => due[next++]?.[0]);
    await drain(take, config.origin.concurrency, (address) => lookAtAsset(context, address, signal));
    await captureNewAssets(context, signal);
    await records.flush();
    if (next < due.length) yield;
  }
  records.setLane(ASSETS, { began, ended: clock.now() });
  await records.flush();
}

/** Never captured, or referred to with another `?ver=` than it was captured with; one that is gone waits for the next refresh. */
function isWanted(entry: Entry): boolean {
  if (entry.trouble?.problem === 'gone') return false;
  return entry.good === undefined || (entry.good.version ?? '') !== (entry.wanted ?? '');
}

async function lookAtAsset(context: LookContext, address: Address, signal: AbortSignal): Promise<void> {
  const { records, clock, triedAssets } = context;
  triedAssets.add(address);
  const entry = records.assets.get(address) ?? { lane: 'assets' };
  const next = await nextEntry(context, address, entry, signal);
  records.assets.set(address, { ...next, lookedAt: clock.now() });
  advance(context.tally.way);
}

async function nextEntry(context: LookContext, address: Address, entry: Entry, signal: AbortSignal): Promise<Entry> {
  const { clock, origin, blobs } = context;
  const version = entry.wanted ?? '';
  const isSameVersion = (entry.good?.version ?? '') === version;
  const { trouble: _trouble, ...rest } = entry;
  const failed = (problem: AssetProblem, text: string) =>
    fail(context, address, { ...entry, trouble: troubleOf(context, entry, { problem, text }) });
  try {
    const answer = await origin.look({
      address,
      query: version,
      accept: 'asset',
      follow: true,
      validators: isSameVersion ? (entry.good?.validators ?? {}) : {},
      sink: (chunks) => blobs.putStream(chunks),
      signal,
    });
    if (answer.kind === 'unchanged') return { ...rest, goodAt: clock.now() };
    if (answer.kind !== 'body' || answer.stored === undefined) {
      const status = answer.kind === 'status' ? answer.status : 0;
      return failed(status === 404 || status === 410 ? 'gone' : 'status', `answered ${status}`);
    }
    const type = answer.headers.get('content-type') ?? 'application/octet-stream';
    const came = { type, body: answer.stored, last: entry.good };
    const refusal = refuse(address, came) ?? (await refuseRobots(context, address, came));
    if (refusal !== undefined) return failed('type', refusal);
    const good = await goodAsset(context, { address, type, body: answer.stored, headers: answer.headers });
    return { ...rest, good: { ...good, version }, goodAt: clock.now() };
  } catch (error) {
    signal.throwIfAborted();
    if (!isHoldfastError(error) || hasCode(error, 'origin-away', 'origin-private')) throw error;
    return failed(problemOf(error), error.message);
  }
}

type AssetProblem = 'gone' | 'type' | 'status' | 'timeout' | 'unreachable' | 'hostile';

function troubleOf(
  { clock }: LookContext,
  { trouble }: Entry,
  found: { problem: AssetProblem; text: string },
): Trouble {
  return { ...found, since: trouble?.since ?? clock.now(), looks: (trouble?.looks ?? 0) + 1 };
}

function fail({ tally }: LookContext, address: Address, entry: Entry & { trouble: Trouble }): Entry {
  const { problem, text } = entry.trouble;
  const isOptional = ALWAYS_WANTED.includes(address) && problem === 'gone';
  if (!isOptional) warn(tally, problem === 'gone' ? 'asset-missing' : 'asset-failed', address, text);
  return entry;
}

interface Came {
  readonly type: string;
  readonly body: BlobRef;
  readonly last: GoodEntry | undefined;
}

/** Why what came for a file cannot be that file: HTML (a login, a soft 404), nothing, or text where a stylesheet or script was. */
function refuse(address: Address, { type, body, last }: Came): string | undefined {
  if (/html/i.test(type) && !/\.x?html?$/i.test(address)) return 'answers with HTML where a file was expected';
  if (body.size === 0 && last !== undefined && last.body.size > 0) return 'is empty, and was not';
  const isCode = last !== undefined && /css|javascript/i.test(last.type);
  return isCode && /^text\/plain/i.test(type) && !/^text\/plain/i.test(last.type)
    ? `was ${last.type} and now is ${type}`
    : undefined;
}

/** A directive of the Robots Exclusion Protocol (RFC 9309) or a sitemap, at the start of a line. */
const ROBOTS = /^\s*(?:#|user-agent|allow|disallow|sitemap|crawl-delay)/im;

/** Files that every site is asked for, and that many answer with whatever they say to strangers. */
async function refuseRobots(
  { blobs }: LookContext,
  address: Address,
  { type, body }: Came,
): Promise<string | undefined> {
  if (address === '/favicon.ico' && /^text\//i.test(type)) return `is ${type}, and no picture`;
  if (address !== '/robots.txt' || body.size === 0) return undefined;
  return ROBOTS.test((await blobs.read(body.sha256)).toString('latin1')) ? undefined : 'holds no rule for robots';
}

interface NewAsset {
  readonly address: Address;
  readonly type: string;
  readonly body: BlobRef;
  readonly headers: AnswerHeaders;
}

/** The asset as captured, with what a stylesheet refers to. Throws `address-hostile`. */
async function goodAsset(context: LookContext, { address, type, body, headers }: NewAsset): Promise<GoodEntry> {
  fileFor(address, type);
  const isCss = /css/i.test(type);
  const refs = isCss ? await referencesIn(context, address, body) : undefined;
  const assets = (refs?.assets ?? []).filter((asset) => !context.leavesAsset(asset.address));
  for (const asset of assets) wantAsset(context, asset.address, asset.version);
  return {
    body,
    same: body.sha256,
    type,
    validators: validatorsOf(headers),
    textSize: body.size,
    assets: assets.map((asset) => context.records.numberOf(asset.address)),
    links: [],
    shortlinks: [],
  };
}

async function referencesIn({ blobs, site }: LookContext, address: Address, { sha256 }: BlobRef): Promise<References> {
  const { referencesInCss } = await import('./references.ts');
  return referencesInCss((await blobs.read(sha256)).toString('latin1'), address, site);
}
