import { decodeAttribute, escapeMarkup, MarkupScanner } from './markup.ts';
import { type Needs, type Policy, readPolicy, widen, writePolicy } from './policy.ts';

/** The policy that a `<meta>` tag gives; undefined on other tags. */
export function policyOf(tag: MarkupScanner): Policy | undefined {
  if (tag.closing || tag.name !== 'meta') return undefined;
  if (!/^\s*content-security-policy\s*$/i.test(tag.raw('http-equiv') ?? '')) return undefined;
  return readPolicy(decodeAttribute(tag.raw('content') ?? ''));
}

/** The tag that gives a policy, in ASCII. Quotes within stay as they are: nothing is gained by escaping them. */
export function policyTag(policy: Policy): string {
  const content = writePolicy(policy).replace(/[^ -~]|["&<>]/gu, escapeMarkup);
  return `<meta http-equiv="Content-Security-Policy" content="${content}">`;
}

/** A page, with whatever policies it holds widened: for what is put into a page as it is served. */
export function admit(page: string, needs: Needs): string {
  if (!/content-security-policy/i.test(page)) return page;
  const scanner = new MarkupScanner(page);
  let admitted = '';
  let done = 0;
  while (scanner.next() && scanner.name !== 'body') {
    const policy = policyOf(scanner);
    if (policy === undefined) continue;
    admitted += page.slice(done, scanner.start) + policyTag(widen(policy, needs));
    done = scanner.end;
  }
  return admitted + page.slice(done);
}
