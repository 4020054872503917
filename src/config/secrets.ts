import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { headerValue } from './fields.ts';
import { type FieldPath, isPlainObject } from './path.ts';
import type { ConfigProblem } from './problems.ts';
import type { Config } from './schema.ts';

/** Header names whose values are credentials. */
const SECRET_HEADER =
  /auth(?!ors?\b)|cookie|token|secret|passw|credential|session|(api|access|private|secret)[-_]?key/i;
/** Header values that are credentials whatever the header is called. */
const SECRET_VALUE = /^(basic|bearer|digest|token|apikey)\s/i;
/** Keys that no field of ours has, and that people put secrets under. */
const SECRET_KEY = /passw|passphrase|secret|token|credential|(api|access|private|secret)[-_]?key/i;
const URL_WITH_CREDENTIALS = /^\s*[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*@/i;
const REFERENCE = /^(env|file):(.+)$/s;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

const INLINE = 'a secret must not stand in the file: write "env:NAME" or "file:PATH" as its whole value';
const IN_URL =
  'a user name or password must not stand in an address: send it as a header, by "env:NAME" or "file:PATH"';
const NO_FIELD = 'a secret must not stand in the file, and there is no such field';

/** A secret written in the file. `value` is for redaction only; `text` never holds it. */
export interface InlineSecret extends ConfigProblem {
  readonly value: unknown;
}

/** Every secret written anywhere in `value`, `environments` included. */
export function inlineSecrets(value: unknown): readonly InlineSecret[] {
  return [...search(value, [])];
}

function* search(value: unknown, path: FieldPath): Generator<InlineSecret> {
  if (typeof value === 'string' && URL_WITH_CREDENTIALS.test(value)) yield { path, text: IN_URL, value };
  if (Array.isArray(value)) for (const [index, inner] of value.entries()) yield* search(inner, [...path, index]);
  if (!isPlainObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const text = secretAt(path, key, inner);
    if (text === undefined) yield* search(inner, [...path, key]);
    else yield { path: [...path, key], text, value: inner };
  }
}

function secretAt(parent: FieldPath, key: string, value: unknown): string | undefined {
  const isReference = typeof value === 'string' && REFERENCE.test(value);
  if (isHeaders(parent)) {
    const secret = SECRET_HEADER.test(key) || (typeof value === 'string' && SECRET_VALUE.test(value));
    return secret && !isReference ? INLINE : undefined;
  }
  if (isToken([...parent, key])) return isReference ? undefined : INLINE;
  return SECRET_KEY.test(key) && !isEnvironmentName(parent) ? NO_FIELD : undefined;
}

/** True inside an entry of `purge`, wherever the environments put it. */
const isCache = (path: FieldPath): boolean => path.at(-2) === 'purge' && typeof path.at(-1) === 'number';
const isToken = (path: FieldPath): boolean => path.at(-1) === 'token' && isCache(path.slice(0, -1));
/** True inside an entry of `comments` or `values`. */
const isSource = (path: FieldPath): boolean =>
  (path.at(-2) === 'comments' || path.at(-2) === 'values') && typeof path.at(-1) === 'number';
const isHeaders = (path: FieldPath): boolean =>
  path.at(-1) === 'headers' && (path.at(-2) === 'origin' || isCache(path.slice(0, -1)) || isSource(path.slice(0, -1)));
const isEnvironmentName = (parent: FieldPath): boolean => parent.length === 1 && parent[0] === 'environments';

/** What a configuration says once `env:` and `file:` are read. */
export interface Resolved<T> {
  readonly value: T;
  /** Values read, and their parts (`Bearer x` also as `x`), longest first, for the printer to redact. */
  readonly secrets: readonly string[];
  readonly problems: readonly ConfigProblem[];
}

/** The parts of a configuration in which references may stand. */
export type WithSecrets = Pick<Config, 'origin' | 'purge' | 'comments' | 'values'>;

/** Reads what headers and tokens refer to; `file:` is relative to `root`. A place that is empty or not there is a problem. */
export async function resolveSecrets<T extends WithSecrets>(
  config: T,
  root: string,
  env: NodeJS.ProcessEnv,
): Promise<Resolved<T>> {
  const secrets = new Set<string>();
  const problems: ConfigProblem[] = [];
  const read = async (written: string, path: FieldPath): Promise<string> => {
    const [, kind, place] = REFERENCE.exec(written) ?? [];
    if (kind === undefined || place === undefined) return written;
    const found = kind === 'env' ? fromEnvironment(place, env) : await fromFile(place, root);
    const wrong = 'why' in found ? found.why : wrongValue(found.value);
    if (wrong !== undefined) problems.push({ path, text: `${JSON.stringify(written)} ${wrong}` });
    if ('why' in found) return written;
    for (const part of tellingParts(found.value)) secrets.add(part);
    return found.value;
  };
  const value = {
    ...config,
    origin: { ...config.origin, headers: await resolveAll(config.origin.headers, ['origin', 'headers'], read) },
    purge: await inOrder(config.purge, (cache, index) => resolveCache(cache, ['purge', index], read)),
    comments: await inOrder(config.comments, (source, index) => resolveSource(source, ['comments', index], read)),
    values: await inOrder(config.values, (source, index) => resolveSource(source, ['values', index], read)),
  };
  return { value, secrets: [...secrets].sort((a, b) => b.length - a.length), problems };
}

type Read = (written: string, path: FieldPath) => Promise<string>;
type Cache = Config['purge'][number];

async function resolveCache(cache: Cache, path: FieldPath, read: Read): Promise<Cache> {
  if ('token' in cache) return { ...cache, token: await read(cache.token, [...path, 'token']) };
  if ('headers' in cache) return { ...cache, headers: await resolveAll(cache.headers, [...path, 'headers'], read) };
  return cache;
}

async function resolveSource<S extends object>(source: S, path: FieldPath, read: Read): Promise<S> {
  if (!('headers' in source)) return source;
  const headers = source.headers as Readonly<Record<string, string>>;
  return { ...source, headers: await resolveAll(headers, [...path, 'headers'], read) };
}

async function resolveAll(
  headers: Readonly<Record<string, string>>,
  path: FieldPath,
  read: Read,
): Promise<Record<string, string>> {
  const entries = await inOrder(Object.entries(headers), async ([name, written]) => {
    return [name, await read(written, [...path, name])] as const;
  });
  return Object.fromEntries(entries);
}

/** One after the other, so that problems come in the order of the file. */
async function inOrder<A, B>(list: readonly A[], step: (one: A, index: number) => Promise<B>): Promise<B[]> {
  const done: B[] = [];
  for (const [index, one] of list.entries()) done.push(await step(one, index));
  return done;
}

type Found = { readonly value: string } | { readonly why: string };

function fromEnvironment(name: string, env: NodeJS.ProcessEnv): Found {
  if (!VARIABLE.test(name)) return { why: 'does not name an environment variable' };
  const value = env[name]?.trim();
  if (value === undefined) return { why: 'is an environment variable that is not set' };
  return value === '' ? { why: 'is an environment variable that is empty' } : { value };
}

async function fromFile(path: string, root: string): Promise<Found> {
  try {
    const value = (await readFile(resolve(root, path), 'utf8')).trim();
    return value === '' ? { why: 'is a file that is empty' } : { value };
  } catch (error) {
    return { why: `is a file that cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})` };
  }
}

/** Never with the value itself in it. */
const wrongValue = (value: string): string | undefined =>
  headerValue.safeParse(value).success ? undefined : 'holds what cannot be a header value: it must be one line of text';

/** Parts shorter than this (`Bearer`, `v1`) are no secret of their own, and redacting them would garble other lines. */
const LEAST_PART = 8;

const tellingParts = (value: string): readonly string[] => [
  value,
  ...value.split(/\s+/).filter((part) => part.length >= LEAST_PART),
];
