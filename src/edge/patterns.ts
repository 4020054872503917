/**
 * The regular expression of an edge's path pattern, anchored, in the form that every edge and JavaScript take alike: `*` stands for anything
 * within a part, `**` for anything at all, and `/forum/**` for `/forum` too. Held against the decoded path.
 */
export function patternSource(pattern: string): string {
  const below = pattern.endsWith('/**');
  const source = decodedPattern(below ? pattern.slice(0, -'/**'.length) : pattern)
    .split(/(\*+)/)
    .map((part) => (part.startsWith('**') ? '.*' : part === '*' ? '[^/]*' : escaped(part)))
    .join('');
  return below ? `^${source}(/.*)?$` : `^${source}$`;
}

/** What a query must be to hold one of these parameters, as they are written: no server decodes their names alike. */
export function querySource(names: readonly string[]): string {
  return `^(?:[^ ]*&)?(?:${names.map(escaped).join('|')})(?:[=&][^ ]*)?$`;
}

/** What a cookie's name must be: `wordpress_logged_in_*` takes any ending. */
export function cookieSource(cookie: string): string {
  return cookie.endsWith('*') ? `^${escaped(cookie.slice(0, -1))}` : `^${escaped(cookie)}$`;
}

/** Patterns may be written percent-encoded; servers match what is decoded. */
function decodedPattern(pattern: string): string {
  try {
    return decodeURIComponent(pattern);
  } catch {
    return pattern;
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, (sign) => (sign === '/' || sign === '-' ? sign : `\\${sign}`));
}

/** A login cookie's name as it stands before its sign of equality, without an anchor: `wordpress_logged_in_[^=;]*`. */
export function cookieNameSource(cookie: string): string {
  const source = cookieSource(cookie).slice(1);
  return source.endsWith('$') ? source.slice(0, -1) : `${source}[^=;]*`;
}
