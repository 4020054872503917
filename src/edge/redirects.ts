import { type Manifest, REDIRECT_STATUSES, type RedirectStatus, type ReleaseFile } from '../model/manifest.ts';
import { markerOf } from '../model/marker.ts';

/** A redirect that a web server is told of; it answers so only where it finds the marker beside the page. */
export interface KnownRedirect {
  /** The decoded paths that it answers: with and without the slash at the end, and the file itself. */
  readonly paths: readonly string[];
  /** Path of its small page below the release's folder; begins with a slash. */
  readonly file: string;
  /** Path of the marker, likewise. */
  readonly marker: string;
  readonly status: RedirectStatus;
  /** An absolute URL. */
  readonly to: string;
}

/** What is known of the redirects of a release. */
export interface KnownRedirects {
  /** The release's id; undefined where nothing was published yet. */
  readonly release: string | undefined;
  readonly list: readonly KnownRedirect[];
  /** How many stay small pages: they have no marker, or signs that some server's language cannot have. */
  readonly left: number;
}

/** Signs that mean nothing to any server, in quotation marks or as a file's name; a sign of a file pattern is none. */
const PLAIN_PATH = /^(?!.*\/\/)[^\p{Cc}\ufffd$"`\\{}[\]*?]+$/u;
const PLAIN_TARGET = /^https?:\/\/[\w\-.~:/?#[\]@!&'()*+,;=%]+$/;
/** The file of an address that ends in a slash. */
const INDEX = '/index.html';
/** nginx reads no word of its configuration that is longer than 4,096 bytes. */
const MOST_BYTES = 2000;

/** The redirects of the release that is live; none where nothing was published. Pure. */
export function redirectsOf(live: Pick<Manifest, 'id' | 'files'> | undefined): KnownRedirects {
  const all = (live?.files ?? []).filter(({ kind }) => kind === 'redirect');
  const list = all.flatMap(known);
  return { release: live?.id, list, left: all.length - list.length };
}

/** What a visitor who asks for it is told, unless the server does not know it yet; undefined for what is no redirect. */
export function redirectOf({ kind, headers, status }: ReleaseFile): { status: RedirectStatus; to: string } | undefined {
  const to = headers['location'];
  return kind !== 'redirect' || to === undefined ? undefined : { status: status ?? REDIRECT_STATUSES[0], to };
}

/** The comment lines in a server's text that say what it knows. */
export function told({ release, list, left }: KnownRedirects): readonly string[] {
  if (release === undefined) return ['# None: when this was filled in nothing was published, or it could not be read.'];
  const rest = left === 0 ? '' : `; ${left} more can only be pages`;
  return [
    `# ${list.length}, of release ${release}${rest}. Those that came later are small pages until this is filled in again.`,
  ];
}

function known(file: ReleaseFile): readonly KnownRedirect[] {
  const leads = redirectOf(file);
  const marker = markerOf(file);
  if (leads === undefined || marker === undefined) return [];
  if (!PLAIN_PATH.test(marker) || !PLAIN_TARGET.test(leads.to)) return [];
  if (Buffer.byteLength(marker + leads.to) > MOST_BYTES) return [];
  const path = `/${file.path}`;
  return [{ paths: pathsOf(path), file: path, marker: `/${marker}`, ...leads }];
}

function pathsOf(file: string): readonly string[] {
  if (!file.endsWith(INDEX)) return [file];
  const folder = file.slice(0, 1 - INDEX.length);
  return folder === '/' ? [folder, file] : [folder.slice(0, -1), folder, file];
}
