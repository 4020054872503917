import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { LIGHTS, type Light, seascape } from './art.ts';
import type { Asked, Reply } from './reply.ts';
import { SIZES, THEME } from './site.ts';

const FOLDER = new URL('./theme/', import.meta.url);
/** When the files were last touched: one time for all, so that they are the same on every machine. */
const CHANGED = new Date(Date.UTC(2024, 0, 2, 10)).toUTCString();

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css',
  js: 'application/javascript',
  svg: 'image/svg+xml',
  png: 'image/png',
};
const PICTURE = /^\/wp-content\/uploads\/tide-([a-z]+)-(\d+)-(\d+x\d+)\.png$/;
const DRAWING = /^\/wp-content\/uploads\/drawings\/([a-z]+\.svg)$/;
const THEME_FILE = new RegExp(`^${THEME}/(?:images/)?([a-z]+\\.(?:css|js|svg))$`);

/** Answers for files: with ETag and Last-Modified, as a web server gives them; undefined for what is none. */
export function createStatics(): (asked: Asked) => Reply | undefined {
  const made = new Map<string, Buffer>();
  return (asked) => {
    const path = asked.url.pathname;
    const bytes = made.get(path) ?? drawn(path) ?? stored(path);
    if (!bytes) return undefined;
    made.set(path, bytes);
    const etag = `"${createHash('md5').update(bytes).digest('hex').slice(0, 16)}"`;
    const headers = { ETag: etag, 'Last-Modified': CHANGED, 'Accept-Ranges': 'bytes' };
    const known = asked.headers['if-none-match']
      ? asked.headers['if-none-match'] === etag
      : asked.headers['if-modified-since'] === CHANGED;
    if (known) return { status: 304, headers, body: '' };
    const type = TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    return {
      status: 200,
      headers: { ...headers, 'Content-Type': type, 'Content-Length': String(bytes.length) },
      body: bytes,
    };
  };
}

function drawn(path: string): Buffer | undefined {
  const [, name, seed, size] = PICTURE.exec(path) ?? [];
  const light = Object.keys(LIGHTS).find((one): one is Light => one === name);
  const shape = SIZES.find(([suffix]) => suffix === size);
  return light && shape ? seascape(Number(seed), light, { width: shape[1], height: shape[2] }) : undefined;
}

function stored(path: string): Buffer | undefined {
  const name = (DRAWING.exec(path) ?? THEME_FILE.exec(path))?.[1];
  if (name === undefined) return undefined;
  try {
    return readFileSync(new URL(name, FOLDER));
  } catch {
    return undefined; // no such drawing: an ordinary 404
  }
}
