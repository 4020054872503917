import { domainToUnicode } from 'node:url';
import type { Site } from '../model/site.ts';

/** The ways a colon and a slash are written: plain, percent-encoded (any number of times over), as an HTML entity, escaped in a script. */
const COLON = String.raw`(?::|%(?:25)*3A|&(?:amp;)*(?:#0*58|#x0*3A|colon);|\\+(?:u003A|x3A))`;
const SLASH = String.raw`(?:\\*/|%(?:25)*2F|&(?:amp;)*(?:#0*47|#x0*2F|sol);|\\+(?:u002F|x2F))`;

/** What follows a host that is a longer name, another port, or no host at all but a user's name. */
const LONGER = String.raw`[\w-]|\.[\w-]|@|${COLON}\w`;

/** Characters before `//host` that make it something else: another scheme's address, a path with an empty part. */
const NOT_BEFORE = /[\w:/\\.)-]$/;
const NOT_BEFORE_ENCODED = /%(?:25)*(?:3A|2F)$/i;
/** Longest thing `NOT_BEFORE` and its like look at. */
const LOOK_BACK = 12;

/** Slash, quotes, blank, angle bracket, question mark: after one of these a host is at its end. */
const ENDS_HOST = new Set(Array.from('/"\' <?', (character) => character.charCodeAt(0)));

const WELL_KNOWN: Readonly<Record<string, string>> = { http: '80', https: '443' };

type Rewriter = (latin1: string) => string;

const made = new WeakMap<Site, Rewriter>();

/**
 * Makes what turns every form of the site's other addresses into the public one: absolute and protocol-relative, plain,
 * as in JSON, percent-encoded, in entities. Text is bytes read as latin1; the encoding of each address stays as it was,
 * as does an address that is public already. Other ports, longer names and bare host names are left alone.
 */
export function createAddressRewriter(site: Site): Rewriter {
  const known = made.get(site);
  if (known !== undefined) return known;
  const rewriter = compile(site);
  made.set(site, rewriter);
  return rewriter;
}

/** One place in the text where an address of ours stands. */
interface Found {
  readonly start: number;
  readonly end: number;
  /** `http` or `https` in lower case; undefined where it is protocol-relative. */
  readonly scheme: string | undefined;
  /** A port written out though it is the usual one; undefined for none. */
  readonly port: string | undefined;
  readonly host: string;
  /** The colon and the slashes as written. */
  readonly mark: string;
}

function compile(site: Site): Rewriter {
  const hosts = [...site.hosts].flatMap(spellings);
  hosts.sort((one, other) => other.length - one.length);
  const names = hosts.map(hostPattern).join('|');
  // To look for hosts and then back from them is fast: hosts are rare, slashes are not.
  const host = new RegExp(names, 'gi');
  const whole = new RegExp(
    `(?<=(?:(https?)(${COLON}))?(${SLASH}${SLASH}))(${names})(?:${COLON}(80|443))?(?!${LONGER})`,
    'yi',
  );
  const toPublic = createReplacement(site.publicUrl);
  return (text) => {
    const parts: string[] = [];
    let done = 0;
    host.lastIndex = 0;
    for (let hit = host.exec(text); hit !== null; hit = host.exec(text)) {
      const found = plainAt(text, hit.index, hit[0]) ?? foundAt(text, hit.index, whole);
      const replacement = found === undefined ? undefined : toPublic(found);
      if (found === undefined || replacement === undefined) continue;
      parts.push(text.slice(done, found.start), replacement);
      done = found.end;
    }
    return done === 0 ? text : parts.join('') + text.slice(done);
  };
}

/** The usual case, `http://host/` and `https://host"`, without a pattern's cost. */
function plainAt(text: string, at: number, host: string): Found | undefined {
  if (!ENDS_HOST.has(text.charCodeAt(at + host.length))) return undefined;
  const scheme = text.endsWith('http://', at) ? 'http' : text.endsWith('https://', at) ? 'https' : undefined;
  if (scheme === undefined) return undefined;
  return { start: at - scheme.length - 3, end: at + host.length, scheme, port: undefined, host, mark: '://' };
}

/** A name that is not ASCII stands in pages in UTF-8 too. */
function spellings(host: string): string[] {
  const [name = '', port] = /^\[/.test(host) ? [host] : host.split(':');
  const unicode = domainToUnicode(name);
  if (unicode === '' || unicode === name) return [host];
  const bytes = Buffer.from(port === undefined ? unicode : `${unicode}:${port}`).toString('latin1');
  return [host, bytes];
}

function hostPattern(host: string): string {
  return Array.from(host, (character) => {
    if (character === ':') return COLON;
    if (character === '[') return String.raw`(?:\[|%(?:25)*5B)`;
    if (character === ']') return String.raw`(?:\]|%(?:25)*5D)`;
    return character === '.' ? String.raw`\.` : character;
  }).join('');
}

function foundAt(text: string, at: number, whole: RegExp): Found | undefined {
  whole.lastIndex = at;
  const match = whole.exec(text);
  if (match === null) return undefined;
  const [, scheme, colon = '', slashes = '', host = '', port] = match;
  const start = match.index - slashes.length - colon.length - (scheme?.length ?? 0);
  if (scheme === undefined) {
    const before = text.slice(Math.max(0, start - LOOK_BACK), start);
    const not = slashes.startsWith('%') ? NOT_BEFORE_ENCODED : NOT_BEFORE;
    if (not.test(before) || /&(?:amp;)*(?:#0*58|#x0*3A|colon);$/i.test(before)) return undefined;
  }
  const end = match.index + match[0].length;
  return { start, end, scheme: scheme?.toLowerCase(), port, host, mark: colon + slashes };
}

/** Gives undefined for an address that is public already, or of a port that is not the scheme's own. */
function createReplacement(publicUrl: URL): (found: Found) => string | undefined {
  const scheme = publicUrl.protocol.slice(0, -1);
  const { hostname, port } = publicUrl;
  return (found) => {
    const { port: written, scheme: from } = found;
    if (written !== undefined && from !== undefined && WELL_KNOWN[from] !== written) return undefined;
    const colon = colonLike(found.mark);
    const host = port === '' ? hostname : `${hostname}${colon}${port}`;
    const isPublic = found.host.toLowerCase() === host.toLowerCase() && written === undefined;
    if (isPublic && (from === undefined || from === scheme)) return undefined;
    return `${from === undefined ? '' : scheme}${found.mark}${host}`;
  };
}

/** A colon in the encoding of the slashes (or of the colon) it stands beside. */
function colonLike(mark: string): string {
  const percent = /^%(?:25)*/.exec(mark);
  return percent === null ? ':' : `${percent[0]}3A`;
}
