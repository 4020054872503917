import type { Verdict } from './judge.ts';

/** True for the Content-Type of a feed, a sitemap or other XML that is no page. */
export function isXml(type: string): boolean {
  return /[/+]xml\s*(?:;|$)/i.test(type) && !/html/i.test(type);
}

/** The element that all others are in stands at the beginning, after a declaration, remarks and the name of a stylesheet. */
const ROOT_WITHIN = 4096;
const ROOT = /<([a-z_][\w.:-]*)(?:\s[^<>]*)?>/i;

/**
 * Judges what is no HTML, by its type and its bytes as Latin-1. A feed that a program's fatal error broke off has no end of its first element; nothing is
 * asked of what is not XML, nor of what cannot be read as ASCII.
 */
export function judgeFile(type: string, source: string): Verdict {
  const whole: Verdict = { pass: true, textSize: source.length, warnings: [] };
  if (!isXml(type)) return whole;
  const start = source.slice(0, ROOT_WITHIN).replace(/<!--[\s\S]*?-->/g, '');
  const [tag = '', root] = ROOT.exec(start) ?? [];
  if (root === undefined || tag.endsWith('/>') || source.includes(`</${root}`)) return whole;
  return { pass: false, problem: 'unclosed', text: `does not hold "</${root}>"` };
}
