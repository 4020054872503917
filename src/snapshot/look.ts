import type { Address } from '../model/address.ts';
import { addressOfFile, fileFor } from '../model/address.ts';
import type { BlobRef, Outcome, Problem, References } from '../model/capture.ts';
import { type HoldfastError, hasCode, isHoldfastError } from '../model/errors.ts';
import { locate } from '../model/site.ts';
import type { Entry, GoodEntry } from '../model/snapshot.ts';
import type { Answer } from '../origin/client.ts';
import { type LookContext, wantAsset, warn } from './context.ts';
import { judgeStatus } from './gate/judge.ts';
import type { Lane } from './lanes.ts';

/** One look at one page: its entry is brought up to date, and what it leads to is returned. */
export interface Looked {
  readonly outcome: Outcome;
  /** Pages to look at too: links of a crawl, the target of a redirect. */
  readonly leads: readonly Address[];
  /** The entry before this look, where the look changed its good capture: to go back to when the slice is judged as a whole. */
  readonly before?: Entry;
}

/** What one look found, before it is written into the entry. */
type Finding =
  | { readonly kind: 'good'; readonly good: GoodEntry; readonly links: readonly Address[] }
  | { readonly kind: 'unchanged'; readonly good?: GoodEntry }
  | { readonly kind: 'redirect'; readonly status: number; readonly to: string; readonly target?: Address }
  | { readonly kind: 'trouble'; readonly problem: Problem | 'gone'; readonly text: string };

/** Looks at one page of a lane. Throws `origin-away` when the origin is away, and the signal's reason; nothing else. */
export async function lookAtPage(
  context: LookContext,
  lane: Lane,
  address: Address,
  signal: AbortSignal,
): Promise<Looked> {
  const { records, clock } = context;
  const finding = await find(context, lane, address, signal);
  const entry = records.pages.get(address) ?? { lane: lane.name };
  const next = { ...apply(entry, finding, clock.now()), lookedAt: clock.now() };
  records.pages.set(address, next);
  const outcome = outcomeOf(entry, next, finding, lane.paths.has(address));
  context.tally.outcomes.set(address, outcome);
  context.tally.progress?.(lane.name, address, outcome);
  return {
    outcome,
    leads: leadsOf(context, lane, next, finding),
    ...(next.good !== entry.good ? { before: entry } : {}),
  };
}

async function find(context: LookContext, lane: Lane, address: Address, signal: AbortSignal): Promise<Finding> {
  const good = context.records.pages.get(address)?.good;
  try {
    const validators = good?.validators ?? {};
    const answer = await context.origin.look({ address, accept: 'page', validators, signal });
    return await read(context, lane, { address, answer, ...(good === undefined ? {} : { good }) });
  } catch (error) {
    signal.throwIfAborted();
    if (isHoldfastError(error) && !hasCode(error, 'origin-away', 'origin-private')) return troubleOf(error);
    throw error;
  }
}

function troubleOf(error: HoldfastError): Finding {
  const problem =
    error.code === 'origin-timeout' ? 'timeout' : error.code === 'address-hostile' ? 'hostile' : 'unreachable';
  return { kind: 'trouble', problem, text: error.message };
}

interface Received {
  readonly address: Address;
  readonly answer: Answer;
  readonly good?: GoodEntry;
}

async function read(context: LookContext, lane: Lane, { address, answer, good }: Received): Promise<Finding> {
  switch (answer.kind) {
    case 'unchanged':
      return { kind: 'unchanged' };
    case 'redirect':
      return redirectTo(context, address, answer);
    case 'status': {
      const judged = judgeStatus(answer.status, answer.bytes);
      return judged === 'gone'
        ? { kind: 'trouble', problem: 'gone', text: `answered ${answer.status}` }
        : { kind: 'trouble', ...judged };
    }
    case 'body':
      return receive(context, lane, { address, answer, ...(good === undefined ? {} : { good }) });
  }
}

/** A redirect to a login means that the page was made private; one to itself in another spelling leads on. */
function redirectTo({ site }: LookContext, address: Address, answer: { status: number; to: string }): Finding {
  const located = locate(site, answer.to, address);
  if (located === undefined) return { kind: 'redirect', status: answer.status, to: answer.to };
  if (/(?:wp-login\.php|\/login\/?$|\/signin\/?$)/i.test(located.address) && located.address !== address) {
    return { kind: 'trouble', problem: 'private', text: `redirects to the login at ${located.address}` };
  }
  if (located.query !== '') {
    return {
      kind: 'trouble',
      problem: 'status',
      text: `redirects to ${located.address}?${located.query}, and a page under a query is not looked at`,
    };
  }
  return { kind: 'redirect', status: answer.status, to: located.address + located.hash, target: located.address };
}

async function receive(
  context: LookContext,
  lane: Lane,
  { address, answer, good }: Received & { answer: Extract<Answer, { kind: 'body' }> },
): Promise<Finding> {
  const { bytes, headers } = answer;
  const type = headers.get('content-type') ?? 'application/octet-stream';
  warnOfEscape(context, address, fileFor(address, type));
  const { verdict, same, refs, title } = await context.digester.digest({
    address,
    type,
    bytes,
    setCookies: headers.setCookies,
    wantsTitle: lane.paths.size > 0,
    ...(good === undefined ? {} : { last: good }),
  });
  if (!verdict.pass) return { kind: 'trouble', problem: verdict.problem, text: verdict.text };
  for (const text of verdict.warnings) warn(context.tally, text.split(':')[0] ?? text, address, text);
  const validators = validatorsOf(answer);
  if (good !== undefined && good.same === same && good.type === type) {
    return { kind: 'unchanged', good: { ...good, validators } };
  }
  const body = await context.blobs.put(bytes);
  const next = goodEntry(context, { body, same, type, validators, textSize: verdict.textSize, refs, headers });
  return { kind: 'good', good: title === undefined ? next : { ...next, title }, links: refs.links };
}

/** A name that no disk takes is served under another: said, since links from elsewhere will not find it. */
function warnOfEscape({ tally }: LookContext, address: Address, path: string): void {
  if (/~[0-9a-f]{16}/.test(path) && !/~[0-9a-f]{16}/.test(address))
    warn(tally, 'name-escaped', address, `is served at ${addressOfFile(path)}`);
}

function validatorsOf(answer: Extract<Answer, { kind: 'body' }>) {
  const etag = answer.headers.get('etag');
  const lastModified = answer.headers.get('last-modified');
  return { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) };
}

interface Parts {
  readonly body: BlobRef;
  readonly same: string;
  readonly type: string;
  readonly validators: GoodEntry['validators'];
  readonly textSize: number;
  readonly refs: References;
  readonly headers: { get(name: string): string | undefined };
}

function goodEntry(context: LookContext, { refs, headers, ...rest }: Parts): GoodEntry {
  const { records } = context;
  const robots = headers.get('x-robots-tag');
  const csp = headers.get('content-security-policy');
  const assets = refs.assets.filter((asset) => !context.leavesAsset(asset.address));
  for (const asset of assets) wantAsset(context, asset.address, asset.version);
  return {
    ...rest,
    ...(robots === undefined ? {} : { robots }),
    ...(csp === undefined ? {} : { csp }),
    assets: assets.map((asset) => records.numberOf(asset.address)),
    links: context.config.lanes.some(({ crawl }) => crawl !== undefined)
      ? refs.links.map((link) => records.numberOf(link))
      : [],
    ...(refs.shortlink === undefined ? {} : { shortlink: refs.shortlink }),
    shortlinks: refs.shortlinks,
  };
}

function apply(entry: Entry, finding: Finding, now: number): Entry {
  const { trouble: _trouble, withdrawn, redirect: _redirect, ...rest } = entry;
  const stays = withdrawn === 'by-hand' ? { withdrawn } : {};
  switch (finding.kind) {
    case 'good':
      return { ...rest, ...stays, good: finding.good, goodAt: now };
    case 'unchanged':
      return { ...rest, ...stays, ...(finding.good === undefined ? {} : { good: finding.good }), goodAt: now };
    case 'redirect': {
      const { good: _good, ...without } = rest;
      return { ...without, ...stays, redirect: { to: finding.to, status: finding.status }, goodAt: now };
    }
    case 'trouble': {
      const { problem, text } = finding;
      const running = entry.trouble;
      const looks = running !== undefined && isFinal(running.problem) === isFinal(problem) ? running.looks : 0;
      return { ...entry, trouble: { problem, text, since: running?.since ?? now, looks } };
    }
  }
}

/** Answers by which a page says of itself that it went away or was made private. */
export function isFinal(problem: Problem | 'gone'): boolean {
  return problem === 'gone' || problem === 'private';
}

function outcomeOf(before: Entry, after: Entry, finding: Finding, isListed: boolean): Outcome {
  if (finding.kind === 'trouble') {
    if (after.withdrawn !== undefined) return 'gone';
    if (after.good !== undefined || after.redirect !== undefined) return 'kept';
    return finding.problem === 'gone' && !isListed ? 'gone' : 'failed';
  }
  if (finding.kind === 'unchanged') return 'unchanged';
  if (finding.kind === 'redirect') return before.redirect?.to === finding.to ? 'unchanged' : 'captured';
  return 'captured';
}

function leadsOf(context: LookContext, lane: Lane, entry: Entry, finding: Finding): readonly Address[] {
  if (finding.kind === 'redirect') return finding.target === undefined ? [] : [finding.target];
  if (lane.config.crawl === undefined) return [];
  if (finding.kind === 'good') return finding.links;
  return finding.kind === 'unchanged' ? (entry.good?.links ?? []).map((number) => context.records.nameOf(number)) : [];
}
