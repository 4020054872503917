import type { Address } from '../model/address.ts';
import { fileFor } from '../model/address.ts';
import type { BlobRef } from '../model/capture.ts';
import { hasCode, isHoldfastError } from '../model/errors.ts';
import type { Entry, GoodEntry } from '../model/snapshot.ts';
import type { Answer } from '../origin/client.ts';
import { type LookContext, wantAsset, warn } from './context.ts';
import { inParallel } from './parallel.ts';
import { referencesInCss } from './references.ts';

/** Stylesheets that import stylesheets that import …: deeper than this nobody builds. */
const MAX_IMPORT_DEPTH = 8;

/** Looked for on every site, whether or not a page refers to them. */
export const ALWAYS_WANTED: readonly Address[] = ['/robots.txt', '/favicon.ico'];

/** Captures what is referred to and not there yet, and what those stylesheets import. Throws `origin-away` and the signal's reason. */
export async function captureNewAssets(context: LookContext, signal: AbortSignal): Promise<void> {
  for (const address of ALWAYS_WANTED)
    if (context.records.assets.get(address) === undefined) wantAsset(context, address, '');
  const tried = context.triedAssets;
  for (let depth = 0; depth < MAX_IMPORT_DEPTH; depth++) {
    const wanted = [...context.records.assets].filter(([address, entry]) => isWanted(entry) && !tried.has(address));
    if (wanted.length === 0) return;
    await inParallel(wanted, context.config.origin.concurrency, async ([address]) => {
      tried.add(address);
      await lookAtAsset(context, address, signal);
    });
  }
}

/** Looks at every known asset again, conditionally. */
export async function refreshAssets(context: LookContext, signal: AbortSignal): Promise<void> {
  const due = [...context.records.assets]
    .map(([address]) => address)
    .filter((address) => !context.leavesAsset(address));
  await inParallel(due, context.config.origin.concurrency, (address) => lookAtAsset(context, address, signal));
}

/** Never captured, or referred to with another `?ver=` than it was captured with; one that is gone waits for the next refresh. */
function isWanted(entry: Entry): boolean {
  if (entry.trouble?.problem === 'gone') return false;
  return entry.good === undefined || (entry.good.version ?? '') !== (entry.wanted ?? '');
}

async function lookAtAsset(context: LookContext, address: Address, signal: AbortSignal): Promise<void> {
  const { records, clock } = context;
  const entry = records.assets.get(address) ?? { lane: 'assets' };
  const next = await nextEntry(context, address, entry, signal);
  records.assets.set(address, { ...next, lookedAt: clock.now() });
}

async function nextEntry(context: LookContext, address: Address, entry: Entry, signal: AbortSignal): Promise<Entry> {
  const { records, clock, origin, blobs } = context;
  const version = entry.wanted ?? '';
  const isSameVersion = (entry.good?.version ?? '') === version;
  const { trouble: _trouble, ...rest } = entry;
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
    if (answer.kind === 'body' && answer.stored !== undefined) {
      const good = await goodAsset(context, address, answer, answer.stored);
      if (good !== undefined) return { ...rest, good: { ...good, version }, goodAt: clock.now() };
      return failed(context, address, entry, 'type', 'answers with HTML where a file was expected');
    }
    const status = answer.kind === 'status' ? answer.status : 0;
    if (status === 404 || status === 410) return failed(context, address, entry, 'gone', `answered ${status}`);
    return failed(context, address, entry, 'status', `answered ${status}`);
  } catch (error) {
    signal.throwIfAborted();
    if (!isHoldfastError(error) || hasCode(error, 'origin-away', 'origin-private')) throw error;
    return failed(context, address, entry, error.code === 'origin-timeout' ? 'timeout' : 'unreachable', error.message);
  } finally {
    records.usual = origin.usual;
  }
}

function failed(
  context: LookContext,
  address: Address,
  entry: Entry,
  problem: 'gone' | 'type' | 'status' | 'timeout' | 'unreachable',
  text: string,
): Entry {
  const isOptional = ALWAYS_WANTED.includes(address) && problem === 'gone';
  if (!isOptional) warn(context.tally, problem === 'gone' ? 'asset-missing' : 'asset-failed', address, text);
  const since = entry.trouble?.since ?? context.clock.now();
  return { ...entry, trouble: { problem, text, since, looks: (entry.trouble?.looks ?? 0) + 1 } };
}

/** The asset as captured, with what a stylesheet refers to; undefined where HTML came for a file (a login or a soft 404). */
async function goodAsset(
  context: LookContext,
  address: Address,
  answer: Extract<Answer, { kind: 'body' }>,
  body: BlobRef,
): Promise<GoodEntry | undefined> {
  const type = answer.headers.get('content-type') ?? 'application/octet-stream';
  if (/html/i.test(type) && !/\.x?html?$/i.test(address)) return undefined;
  fileFor(address, type);
  const refs = /css/i.test(type)
    ? referencesInCss((await context.blobs.read(body.sha256)).toString('latin1'), address, context.site)
    : undefined;
  const assets = (refs?.assets ?? []).filter((asset) => !context.leavesAsset(asset.address));
  for (const asset of assets) wantAsset(context, asset.address, asset.version);
  const etag = answer.headers.get('etag');
  const lastModified = answer.headers.get('last-modified');
  return {
    body,
    same: body.sha256,
    type,
    validators: { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) },
    textSize: body.size,
    assets: assets.map((asset) => context.records.numberOf(asset.address)),
    links: [],
    shortlinks: [],
  };
}
