import { type Address, addressOfFile, fileFor } from '../model/address.ts';
import type { BlobRef, Problem, References } from '../model/capture.ts';
import { type HoldfastError, hasCode, isHoldfastError } from '../model/errors.ts';
import { locate } from '../model/site.ts';
import type { Entry, GoodEntry } from '../model/snapshot.ts';
import type { Answer } from '../origin/client.ts';
import { type LookContext, wantAsset, warn } from './context.ts';
import { isXml } from './gate/xml.ts';
import type { Lane } from './lanes.ts';

/** What one look found. */
export type Finding =
  | { readonly kind: 'good'; readonly good: GoodEntry; readonly links: readonly Address[] }
  | { readonly kind: 'unchanged'; readonly good?: GoodEntry }
  | { readonly kind: 'redirect'; readonly status: number; readonly to: string; readonly target?: Address }
  | { readonly kind: 'trouble'; readonly problem: Problem | 'gone'; readonly text: string };

/** One page to look at. */
export interface Wanted {
  readonly lane: Lane;
  readonly address: Address;
  /** Told that the origin has answered: what is left asks it nothing more. */
  readonly onAnswered?: () => void;
}

/** A validator of an answer, for the next question. */
type BodyAnswer = Extract<Answer, { kind: 'body' }>;

/** Asks for one page and judges what comes. Throws `origin-away`, `origin-private` and the signal's reason; nothing else. */
export async function findOut(context: LookContext, wanted: Wanted, signal: AbortSignal): Promise<Finding> {
  const { lane, address, onAnswered } = wanted;
  const entry = context.records.pages.get(address);
  try {
    const validators = entry?.good?.validators ?? {};
    const answer = await context.origin.look({ address, accept: 'page', validators, signal });
    onAnswered?.();
    return await read(context, { lane, address, ...(entry === undefined ? {} : { entry }) }, answer);
  } catch (error) {
    signal.throwIfAborted();
    if (isHoldfastError(error) && !hasCode(error, 'origin-away', 'origin-private')) {
      return { kind: 'trouble', problem: problemOf(error), text: error.message };
    }
    throw error;
  }
}

/** The problem that an error of the client comes to. */
export function problemOf(error: HoldfastError): 'timeout' | 'hostile' | 'unreachable' {
  if (error.code === 'origin-timeout') return 'timeout';
  return error.code === 'address-hostile' ? 'hostile' : 'unreachable';
}

interface Known extends Wanted {
  readonly entry?: Entry;
}

async function read(context: LookContext, known: Known, answer: Answer): Promise<Finding> {
  switch (answer.kind) {
    case 'unchanged':
      return { kind: 'unchanged' };
    case 'redirect':
      return redirectTo(context, known.address, answer);
    case 'status': {
      const { judgeStatus } = await import('./gate/judge.ts');
      const judged = judgeStatus(answer.status, answer.bytes);
      return judged === 'gone'
        ? { kind: 'trouble', problem: 'gone', text: `answered ${answer.status}` }
        : { kind: 'trouble', ...judged };
    }
    case 'body':
      return receive(context, known, answer);
  }
}

/** Paths that ask who one is, on this site or at a service for it. */
const LOGIN = /(?:\/wp-login\.php|\/(?:log|sign)[-_]?in(?:\.\w+)?\/?|\/(?:sso|saml2?|oauth2?|oidc|openid)(?:\/.*)?)$/i;

/** A redirect to a login means that the page was made private; one to itself would keep visitors turning. */
function redirectTo({ site }: LookContext, address: Address, answer: { status: number; to: string }): Finding {
  const { status, to } = answer;
  const located = locate(site, to, address);
  const path = located?.address ?? new URL(to).pathname;
  const trouble = (problem: Problem, text: string): Finding => ({ kind: 'trouble', problem, text });
  if (LOGIN.test(path) && path !== address) return trouble('private', `redirects to the login at ${path}`);
  if (located?.address === address) return trouble('redirect-loop', `redirects to itself as ${bare(to)}`);
  if (located?.query !== undefined && located.query !== '') {
    return trouble('status', `redirects to ${path} under a query, and a page under a query is not looked at`);
  }
  if (!/^https?:/i.test(to)) return trouble('status', `redirects to ${new URL(to).protocol}, which is no page`);
  if (located === undefined && new URL(to).search !== '') {
    return trouble('status', `redirects to ${bare(to)} under a query, which may be one visitor's`);
  }
  if (located === undefined) return { kind: 'redirect', status, to };
  return { kind: 'redirect', status, to: located.address + located.hash, target: located.address };
}

/** An address without its query, which may hold what is one visitor's. */
function bare(href: string): string {
  const { origin, pathname } = new URL(href);
  return origin + pathname;
}

async function receive(context: LookContext, known: Known, answer: BodyAnswer): Promise<Finding> {
  const { address, lane, entry } = known;
  const { bytes, headers } = answer;
  const type = headers.get('content-type') ?? 'application/octet-stream';
  warnOfEscape(context, address, fileFor(address, type));
  const turned = turnedInto(type, bytes, entry);
  if (turned !== undefined) return { kind: 'trouble', ...turned };
  const good = entry?.good;
  const last =
    good === undefined ? {} : { last: { ...good, textSize: isTakenAsItIs(context, entry) ? 0 : good.textSize } };
  const wantsTitle = lane.paths.size > 0;
  const read = await context.digester.digest({
    address,
    type,
    bytes,
    setCookies: headers.setCookies,
    wantsTitle,
    ...last,
  });
  const { verdict, same, refs, title } = read;
  if (!verdict.pass) return { kind: 'trouble', problem: verdict.problem, text: verdict.text };
  for (const text of verdict.warnings) warn(context.tally, text.split(':')[0] ?? text, address, text);
  if (good !== undefined && good.same === same && good.type === type) {
    const { robots: _robots, csp: _csp, ...rest } = good;
    return { kind: 'unchanged', good: { ...rest, ...saidBy(headers), validators: validatorsOf(headers) } };
  }
  const lost = isTakenAsItIs(context, entry) ? undefined : await lostPlace(context, known, bytes);
  if (lost !== undefined)
    return { kind: 'trouble', problem: 'place', text: `holds nothing that matches ${lost} any more` };
  const body = await context.blobs.put(bytes);
  const parts = { body, same, type, textSize: verdict.textSize, headers, ...(title === undefined ? {} : { title }) };
  return { kind: 'good', good: { ...goodEntry(parts), ...referTo(context, refs) }, links: refs.links };
}

/** The page has insisted for `maxKept`, or a person said that pages may shrink. */
function isTakenAsItIs({ acceptShrink }: LookContext, entry: Entry | undefined): boolean {
  return acceptShrink || entry?.insists === true;
}

/** Where the comments of a page stood at the last good look, and would have no place now. */
async function lostPlace(
  { threadPlace, blobs }: LookContext,
  known: Known,
  bytes: Buffer,
): Promise<string | undefined> {
  const selector = threadPlace(known.address);
  const good = known.entry?.good;
  if (selector === undefined || good === undefined) return undefined;
  const { firstBy, parseHtml } = await import('./comments/markup-tree.ts');
  const isIn = (page: Buffer) => firstBy(parseHtml(page.toString('latin1')), selector) !== undefined;
  if (isIn(bytes)) return undefined;
  const before = await blobs.read(good.body.sha256).catch(() => undefined);
  return before !== undefined && isIn(before) ? selector : undefined;
}

/**
 * A page that stops being one, as a server's plain "Down for maintenance" does; a feed or sitemap that becomes one, as where a site answers
 * whatever it does not know with its front page; and any answer without a byte.
 */
function turnedInto(
  type: string,
  bytes: Buffer,
  entry: Entry | undefined,
): { problem: Problem; text: string } | undefined {
  const isHtml = /html/i.test(type);
  if (!isHtml && bytes.length === 0) return { problem: 'small', text: 'is empty' };
  const was = entry?.insists === true ? undefined : entry?.good?.type;
  if (was === undefined) return undefined;
  if (/html/i.test(was)) return isHtml ? undefined : { problem: 'type', text: `was a page and now is ${type}` };
  return isHtml && isXml(was) ? { problem: 'type', text: `was ${was} and now is a page` } : undefined;
}

/** A name that no disk takes is served under another: said, since links from elsewhere will not find it. */
function warnOfEscape({ tally }: LookContext, address: Address, path: string): void {
  if (/~[0-9a-f]{16}/.test(path) && !/~[0-9a-f]{16}/.test(address))
    warn(tally, 'name-escaped', address, `is served at ${addressOfFile(path)}`);
}

type Headers = BodyAnswer['headers'];

/** What the origin lets us ask with next time. */
export function validatorsOf(headers: Headers): GoodEntry['validators'] {
  const etag = headers.get('etag');
  const lastModified = headers.get('last-modified');
  return { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) };
}

function saidBy(headers: Headers): Pick<GoodEntry, 'robots' | 'csp'> {
  const robots = headers.get('x-robots-tag');
  const csp = headers.get('content-security-policy');
  return { ...(robots === undefined ? {} : { robots }), ...(csp === undefined ? {} : { csp }) };
}

interface Parts {
  readonly body: BlobRef;
  readonly same: string;
  readonly type: string;
  readonly textSize: number;
  readonly title?: string;
  readonly headers: Headers;
}

function goodEntry({ headers, ...rest }: Parts): Omit<GoodEntry, keyof Referred> {
  return { ...rest, ...saidBy(headers), validators: validatorsOf(headers) };
}

type Referred = Pick<GoodEntry, 'assets' | 'links' | 'shortlinks' | 'shortlink' | 'recipe'>;

/** References as an entry holds them; the assets among them are wanted from now on. */
export function referTo(context: LookContext, refs: References): Referred {
  const { records, config, leavesAsset } = context;
  const assets = refs.assets.filter((asset) => !leavesAsset(asset.address));
  for (const asset of assets) wantAsset(context, asset.address, asset.version);
  const isCrawled = config.lanes.some(({ crawl }) => crawl !== undefined);
  return {
    assets: assets.map((asset) => records.numberOf(asset.address)),
    links: isCrawled ? refs.links.map((link) => records.numberOf(link)) : [],
    ...(refs.shortlink === undefined ? {} : { shortlink: refs.shortlink }),
    shortlinks: refs.shortlinks,
    recipe: context.recipe,
  };
}
