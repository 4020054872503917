import type { GateConfig } from '../../config/schema.ts';
import type { Address } from '../../model/address.ts';
import type { Problem } from '../../model/capture.ts';
import { type Breakage, breakageOf } from './broken.ts';
import { charsetOf } from './letters.ts';
import { passwordAsked } from './login.ts';
import { type Page, readPage } from './page.ts';
import { personalContent, readCookies } from './personal.ts';

/** A page as the origin answered it with status 200, whole. */
export interface Candidate {
  readonly address: Address;
  /** The Content-Type. */
  readonly type: string;
  readonly bytes: Buffer;
  /** The bytes as Latin-1, where the caller has them. */
  readonly source?: string;
  /** The Set-Cookie headers. */
  readonly setCookies: readonly string[];
  /** The last good capture, where there is one. */
  readonly last?: { readonly textSize: number };
}

/** Whether a page may replace the last good one. `text` is one clause that says why not; warnings begin `code: `. */
export type Verdict =
  | { readonly pass: true; readonly textSize: number; readonly warnings: readonly string[] }
  | Refusal;

export interface Refusal {
  readonly pass: false;
  readonly problem: Problem;
  readonly text: string;
}

/** Judges a page by its bytes alone: the same page gets the same verdict at any time. Never throws. */
export function judge(candidate: Candidate, rules: GateConfig): Verdict {
  const { bytes, type, source, setCookies, last } = candidate;
  const unreadable = notHtml(bytes, type);
  if (unreadable !== undefined) return refuse('type', unreadable);
  const page = readPage(bytes, type, source);
  const cookies = readCookies(setCookies);
  const refusal =
    standIn(page) ??
    tooSmall(bytes, rules) ??
    lacking(page, bytes, rules) ??
    forbiddenByRule(bytes, rules) ??
    personal(page, cookies.personal) ??
    shrunk(page, last, rules);
  if (refusal !== undefined) return refusal;
  const remarks = page.phpRemark === undefined ? [] : [`php-message: ${page.phpRemark}`];
  return { pass: true, textSize: page.textSize, warnings: [...cookies.warnings, ...remarks] };
}

/**
 * What a status other than 200 means; `bytes` may be only the beginning. 404 and 410: gone. 401 and 403: private.
 * Where the body shows that the server was in trouble (a database that is down, a bot check), that counts instead.
 */
export function judgeStatus(status: number, bytes: Buffer): { problem: Problem; text: string } | 'gone' {
  const breakage = breakageOf(readPage(bytes, ''));
  const trouble = breakage === undefined || isPrivate(breakage) ? undefined : breakage;
  if (trouble !== undefined) return { problem: 'forbidden', text: `answered ${status} and ${trouble.text}` };
  if (status === 404 || status === 410) return 'gone';
  return { problem: status === 401 || status === 403 ? 'private' : 'status', text: `answered ${status}` };
}

function refuse(problem: Problem, text: string): Refusal {
  return { pass: false, problem, text };
}

function notHtml(bytes: Buffer, type: string): string | undefined {
  const bare = (type.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (bare !== 'text/html' && bare !== 'application/xhtml+xml') {
    return bare === '' ? 'has no Content-Type' : `is ${bare}, not HTML`;
  }
  const wide = wideCharset(bytes, type);
  return wide === undefined ? undefined : `is in ${wide}, where tags are not ASCII: let the origin send UTF-8`;
}

/** The charset of a page whose characters are of two or four bytes each. */
function wideCharset(bytes: Buffer, type: string): string | undefined {
  const declared = charsetOf(type);
  if (declared !== undefined && /^(?:utf-?(?:16|32)|ucs-?[24]|unicode$)/i.test(declared)) return declared.toUpperCase();
  const [first, second] = bytes;
  const hasMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  // '<' and a zero, in either order: UTF-16 that does not say so.
  const hasZeros = (first === 0x3c && second === 0) || (first === 0 && second === 0x3c);
  return hasMark || hasZeros ? 'UTF-16' : undefined;
}

function standIn(page: Page): Refusal | undefined {
  const breakage = breakageOf(page);
  if (breakage !== undefined) return refuse(isPrivate(breakage) ? 'private' : 'forbidden', breakage.text);
  const asked = passwordAsked(page);
  return asked === undefined ? undefined : refuse('private', asked);
}

function isPrivate({ kind }: Breakage): boolean {
  return kind === 'denied' || kind === 'login';
}

function tooSmall(bytes: Buffer, { minBytes }: GateConfig): Refusal | undefined {
  return bytes.length < minBytes
    ? refuse('small', `is ${bytes.length} bytes, under the minimum of ${minBytes}`)
    : undefined;
}

function lacking(page: Page, bytes: Buffer, { mustContain }: GateConfig): Refusal | undefined {
  const missing = mustContain.find((text) => (/^<\/html>$/i.test(text) ? !page.closed : !bytes.includes(text)));
  return missing === undefined ? undefined : refuse('unclosed', `does not hold ${JSON.stringify(missing)}`);
}

function forbiddenByRule(bytes: Buffer, { mustNotContain }: GateConfig): Refusal | undefined {
  const found = mustNotContain.find((text) => bytes.includes(text));
  return found === undefined ? undefined : refuse('forbidden', `holds ${JSON.stringify(found)}`);
}

function personal(page: Page, cookie: string | undefined): Refusal | undefined {
  if (cookie !== undefined) return refuse('personal', `came with the cookie ${cookie}`);
  const content = personalContent(page);
  return content === undefined ? undefined : refuse('personal', `holds ${content}`);
}

function shrunk(page: Page, last: Candidate['last'], { maxShrink }: GateConfig): Refusal | undefined {
  if (last === undefined || page.textSize >= last.textSize * (1 - maxShrink)) return undefined;
  return refuse('shrunk', `holds ${page.textSize} bytes of text, and held ${last.textSize}`);
}
