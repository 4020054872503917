const TEXT =
  /^(?:text\/.+|(?:application|image|model)\/.+\+(?:xml|json)|application\/(?:(?:x-)?(?:javascript|ecmascript|yaml)|json|xml|xml-dtd|rtf|vnd\.apple\.mpegurl|x-mpegurl))$/;

/** True for a Content-Type whose bytes are text. */
export function isText(type: string): boolean {
  return TEXT.test(bareType(type));
}

/** A Content-Type without its parameters, in lower case. */
export function bareType(type: string): string {
  return (type.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** Content-Types of the files that may stand beside the words in `content/`. */
const BY_ENDING: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  css: 'text/css; charset=utf-8',
  gif: 'image/gif',
  ico: 'image/x-icon',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  webp: 'image/webp',
  woff2: 'font/woff2',
};

/** The Content-Type of a file by its name; bytes without a type where the ending is not known. */
export function typeByName(path: string): string {
  return BY_ENDING[path.slice(path.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream';
}
