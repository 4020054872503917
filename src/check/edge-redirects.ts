import { hash } from 'node:crypto';
import { type KnownRedirect, redirectsOf } from '../edge/redirects.ts';
import { type Address, addressOfFile } from '../model/address.ts';
import type { Manifest } from '../model/manifest.ts';
import type { AskWeb, Reply } from './ask.ts';
import { count, type Finding, findingsOf } from './finding.ts';

/** A configuration that was never filled in again knows none of a site's new redirects: as many as this tell, spread over all there are. */
const MOST_ASKED = 5;

const HINT = 'a server reads its list of redirects as it starts: fill the configuration in again, holdfast edge NAME';

/**
 * Whether the public address answers some of the live release's redirects as redirects, as a generated configuration does that was filled in
 * since they came; a small page, which leads there too, is a warning. At most five requests, none of which reaches the origin.
 */
export async function checkEdgeRedirects(
  base: string,
  manifest: Manifest,
  { ask, signal }: { readonly ask: AskWeb; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const find = findingsOf('edge');
  const asked = spread(redirectsOf(manifest).list, MOST_ASKED);
  /** Addresses of those that are small pages still. */
  const pages: Address[] = [];
  const findings: Finding[] = [];
  for (const redirect of asked) {
    const address = addressOfFile(redirect.file.slice(1));
    const reply = await ask(base + address, signal);
    const wrong = judge(redirect, reply);
    if (wrong !== undefined && isSmallPage(redirect, manifest, reply)) pages.push(address);
    else if (wrong !== undefined) findings.push(find('fail', `${base}${address} ${wrong}`, HINT));
  }
  const good = asked.length - pages.length - findings.length;
  const [first] = pages;
  if (first !== undefined) {
    const text = `redirects still answered by small pages: ${pages.length} of ${asked.length} asked for, as ${first}`;
    findings.push(find('warn', text, HINT));
  }
  if (good > 0) findings.unshift(find('ok', `${count(good, 'redirect')} of ${asked.length} asked for are redirects`));
  return findings;
}

/** What is wrong with the answer to a redirect, in words; undefined where it leads where it should, in the way it should. Pure. */
function judge({ status, to }: KnownRedirect, reply: Reply | string): string | undefined {
  if (typeof reply === 'string') return `cannot be asked: ${reply}`;
  if (reply.status !== status) return `answers ${reply.status} instead of ${status}`;
  const location = reply.headers.get('location') ?? 'nowhere';
  return location === to ? undefined : `leads to ${location} instead of ${to}`;
}

function isSmallPage({ file }: KnownRedirect, { files }: Manifest, reply: Reply | string): boolean {
  if (typeof reply === 'string' || reply.status !== 200) return false;
  return files.some(({ path, sha256 }) => `/${path}` === file && sha256 === hash('sha256', reply.body));
}

/** At most so many of them, at even distances. */
function spread<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, n) => list[Math.floor((n * list.length) / most)] as T);
}
