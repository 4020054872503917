const BEGINNING = /<b>\s*(?:(?:recoverable |catchable )?fatal|parse|compile|core|warning|notice|deprecated)\b/iy;
const FATAL =
  /<b>\s*((?:recoverable |catchable )?fatal error|parse error|compile error|core error)<\/b>:[\s\S]{1,4000}? in <b>[^<]{1,400}<\/b>[^<]{0,4}? on line <b>\d+<\/b>/iy;
const REMARK = /<b>\s*(warning|notice|deprecated)<\/b>:([\s\S]{1,2000}?) in <b>[^<]{1,400}<\/b> on line <b>\d+<\/b>/iy;
/** After this nothing of the page can be right. */
const LOST_DATABASE = /\b(?:mysqli?|pg|pdo)\w*(?:::|->|_)\w*connect\w*\(/i;
const PLAIN_FATAL =
  /(?:PHP )?(?:(?:recoverable |catchable )?fatal error|parse error): [^<]{1,4000}?(?:\bon line \d+|\.php:\d+)/i;
/** What PHP prints before a page begins or after it ended is short enough to be looked at whole. */
const EDGE = 5000;

/** True where a `<b>` tag begins what may be a message of PHP: cheap, and false at nearly every one. */
export function beginsPhpMessage(text: string, at: number): boolean {
  BEGINNING.lastIndex = at;
  return BEGINNING.test(text);
}

/** What PHP says of itself at a `<b>` tag: `fatal` when the page is broken, `remark` when it went on. */
export function phpMessageAt(text: string, at: number): { kind: 'fatal' | 'remark'; name: string } | undefined {
  FATAL.lastIndex = at;
  const fatal = FATAL.exec(text)?.[1];
  if (fatal !== undefined) return { kind: 'fatal', name: fatal };
  REMARK.lastIndex = at;
  const [, name, message] = REMARK.exec(text) ?? [];
  if (name === undefined || message === undefined) return undefined;
  return LOST_DATABASE.test(message) ? { kind: 'fatal', name: 'no database connection' } : { kind: 'remark', name };
}

/** True for a fatal error that PHP printed without markup before the page's first tag or after its end. */
export function hasPlainPhpError(text: string): boolean {
  const firstTag = text.indexOf('<');
  const before = text.slice(0, firstTag === -1 ? EDGE : Math.min(firstTag, EDGE));
  const end = text.lastIndexOf('</html>');
  return PLAIN_FATAL.test(before) || (end !== -1 && PLAIN_FATAL.test(text.slice(end + 7, end + 7 + EDGE)));
}
