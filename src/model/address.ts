import { createHash } from 'node:crypto';
import { HoldfastError } from './errors.ts';

/** Absolute path of the site in RFC 3986 normal form, no query, no fragment: '/2024/caf%C3%A9/'. */
export type Address = string;

/** What nearly every address is made of: nothing to decode, nothing to encode. */
const PLAIN = /^\/[\w\-~!$&'()*+,;=:@./]*$/;
/** An escape, or a character that RFC 3986 does not let stand in a path as it is. */
const TO_NORMALIZE = /%[0-9a-f]{2}|[^\w\-.~!$&'()*+,;=:@/]/giu;
const TO_ENCODE = /[^\w\-.~!$&'()*+,;=:@]/gu;
const UNRESERVED = /^[\w\-.~]$/;
/** C0, DEL and C1: no file of a site has them in its name, and terminals obey some of them. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Nothing of the origin may stand where our own files do. */
const OWN_FOLDER = '_holdfast';
/** Most file systems stop at 255 bytes a name; compressed variants and temporary names add to it. */
const MAX_PART_BYTES = 200;
/** Object stores stop at 1,024 bytes a key, and keys get a prefix. */
const MAX_PATH_BYTES = 900;
/** What `fileFor` may add to a path: '/index.webmanifest' and the like. */
const INDEX_ROOM = 20;
/** Sixteen hex digits, 64 bits: names that differ do not meet by chance. */
const HASH_DIGITS = 16;
const ESCAPE_FORM = /~[0-9a-f]{16}(?:\.[a-z0-9]{1,16})?$/i;
const EXTENSION = /\.[A-Za-z0-9]{1,16}$/;

/**
 * Names that mean something else than a file of that name: devices, drives and trimmed endings on Windows,
 * configuration that Apache, PHP and IIS would obey.
 */
const RESERVED = [
  /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$) *(?:[.:].*)?$/i,
  /^[a-z]:/i,
  /[. ]$/,
  /^(?:\.ht.*|\.user\.ini|web\.config)$/i,
] as const;

/** The address of a URL's path in normal form; throws 'address-hostile' where it cannot be a file of the site. */
export function normalizePath(pathname: string): Address {
  if (isPlainPath(pathname) && pathname.length <= MAX_PART_BYTES && pathname.charCodeAt(1) !== 0x5f) return pathname;
  partsOf(pathname);
  return pathname.replace(TO_NORMALIZE, normalizeCharacter);
}

/** True for a path in normal form that has no escapes, no empty part and no part that begins with a dot. */
function isPlainPath(path: string): boolean {
  return PLAIN.test(path) && !path.includes('//') && !path.includes('/.');
}

function normalizeCharacter(text: string): string {
  if (text.length === 1 || !text.startsWith('%')) return encodeURIComponent(text);
  const character = String.fromCharCode(Number.parseInt(text.slice(1), 16));
  return UNRESERVED.test(character) ? character : text.toUpperCase();
}

/**
 * The file of a release that holds what `address` answers with Content-Type `type`: '2024/café/index.html'.
 * Addresses that differ after decoding have different files, but for '/a', '/a/' and '/a/index.html' (and
 * '/a/index.xml' and the like), which are one page. Throws 'address-hostile'.
 */
export function fileFor(address: Address, type: string): string {
  const parts = partsOf(address);
  const last = parts.pop() ?? '';
  return [...parts, ...lastParts(last, type)].join('/');
}

function lastParts(last: string, type: string): string[] {
  const extension = extensionOf(type);
  if (last === '') return [`index.${extension}`];
  const keepsItsName =
    extension === 'html' ? HTML_NAME.test(last) : EXTENSION.test(last) || !INDEX_TYPES.has(extension);
  return keepsItsName ? [last] : [last, `index.${extension}`];
}

/**
 * The public address of a release's file: 'a/index.html' gives '/a/', 'feed/index.xml' '/feed/', 's.css' '/s.css'.
 * Inverse of `fileFor`, but for names it had to escape: their address is the escaped one.
 */
export function addressOfFile(path: string): Address {
  const encoded = path
    .split('/')
    .map((part) => part.replace(TO_ENCODE, (character) => encodeURIComponent(character)))
    .join('/');
  return `/${encoded}`.replace(INDEX_FILE, '/');
}

/** NFC and case folded: equal keys are the same file on some disks. */
export function collisionKey(path: string): string {
  return path.normalize('NFD').replace(IGNORED_BY_DISKS, '').toLowerCase().toUpperCase().toLowerCase().normalize('NFC');
}

/** Characters that HFS+ overlooks in names. */
const IGNORED_BY_DISKS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

const HTML_NAME = /\.(?:html?|xhtml)$/i;
/** Types that web servers can serve as a folder's index. */
const INDEX_TYPES = new Set(['html', 'xml', 'json', 'txt']);
const INDEX_FILE = /\/index\.(?:html|xml|json|txt)$/;

/** File name extensions of types that `fileFor` meets at a slash, where the rules of `extensionOf` do not give them. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  'text/html': 'html',
  'application/xhtml+xml': 'html',
  'text/css': 'css',
  'text/javascript': 'js',
  'application/javascript': 'js',
  'application/x-javascript': 'js',
  'text/calendar': 'ics',
  'text/csv': 'csv',
  'text/vtt': 'vtt',
  'text/markdown': 'md',
  'image/svg+xml': 'svg',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/x-icon': 'ico',
  'image/vnd.microsoft.icon': 'ico',
  'font/woff': 'woff',
  'font/woff2': 'woff2',
  'font/ttf': 'ttf',
  'font/otf': 'otf',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
  'application/pdf': 'pdf',
  'application/zip': 'zip',
  'application/gzip': 'gz',
  'application/manifest+json': 'webmanifest',
};

function extensionOf(type: string): string {
  const bare = (type.split(';', 1)[0] ?? '').trim().toLowerCase();
  const known = EXTENSIONS[bare];
  if (known !== undefined) return known;
  if (/[/+]xml$/.test(bare)) return 'xml';
  if (/[/+]json$/.test(bare)) return 'json';
  return bare.startsWith('text/') ? 'txt' : 'bin';
}

/** The decoded parts of a path, each safe as a name; the last is '' at a slash. */
function partsOf(path: string): string[] {
  const refuse = (rule: string): never => {
    throw new HoldfastError('address-hostile', `${quoted(path)} cannot be a file of the site: ${rule}`);
  };
  if (!path.startsWith('/')) refuse('it does not start with /');
  if (/[?#]/.test(path)) refuse('it has a query or a fragment');
  const raw = path.slice(1).split('/');
  const parts = raw.map((part, index) => {
    if (part === '' && index < raw.length - 1) refuse('it has an empty part');
    const name = decode(part) ?? refuse('it has a % that is no escape, or bytes that are no UTF-8');
    const rule = hostileRule(name);
    return rule === undefined ? safeName(name) : refuse(rule);
  });
  if (collisionKey(parts[0] ?? '') === OWN_FOLDER) refuse(`it is in ${OWN_FOLDER}, which is Holdfast's own`);
  if (Buffer.byteLength(parts.join('/')) > MAX_PATH_BYTES - INDEX_ROOM)
    refuse(`its file name would be over ${MAX_PATH_BYTES} bytes`);
  return parts;
}

function decode(part: string): string | undefined {
  try {
    // Encoding first finds lone surrogates, which have no UTF-8.
    encodeURIComponent(part);
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function hostileRule(name: string): string | undefined {
  if (name === '.' || name === '..') return 'it has a part . or ..';
  if (/[/\\]/.test(name)) return 'it has an encoded slash or a backslash';
  if (CONTROL.test(name)) return 'it has a control character';
  const again = decodeFully(name);
  if (again !== name && (/[/\\]|\.\./.test(again) || CONTROL.test(again) || again === '.')) {
    return 'decoded twice it would be another path';
  }
  return undefined;
}

/** Decodes single bytes until nothing changes, as the most careless server would. */
function decodeFully(text: string): string {
  let now = text;
  // Each round shortens the text, so this ends.
  for (;;) {
    const next = now.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (next === now) return now;
    now = next;
  }
}

/** The name itself, or prefix, `~`, hash of the whole name, extension. No name comes out as another's escaped form. */
function safeName(name: string): string {
  const escaped =
    Buffer.byteLength(name) > MAX_PART_BYTES ||
    ESCAPE_FORM.test(name) ||
    RESERVED.some((pattern) => pattern.test(name));
  if (!escaped) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_DIGITS);
  const extension = EXTENSION.exec(name)?.[0] ?? '';
  const stem = name.slice(0, name.length - extension.length).replace(/[.: ]/g, '-');
  return `${prefixOf(stem, MAX_PART_BYTES - hash.length - extension.length - 1)}~${hash}${extension}`;
}

/** As many whole characters as fit in `size` bytes. */
function prefixOf(text: string, size: number): string {
  let prefix = '';
  let used = 0;
  for (const character of text) {
    used += Buffer.byteLength(character);
    if (used > size) break;
    prefix += character;
  }
  return prefix;
}

/** Enough of a hostile address to find it, without what a terminal would obey. */
const SHOWN_CHARACTERS = 200;

function quoted(path: string): string {
  const shown = path.length > SHOWN_CHARACTERS ? `${path.slice(0, SHOWN_CHARACTERS)}…` : path;
  return JSON.stringify(shown).replace(/[\u007f-\u009f]/g, (character) => encodeURIComponent(character));
}
