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
  if (isToken([...parent, key]) || isInboxSecret([...parent, key])) return isReference ? undefined : INLINE;
  return SECRET_KEY.test(key) && !isEnvironmentName(parent) ? NO_FIELD : undefined;
}

/** True inside an entry of `purge`, wherever the environments put it. */
const isCache = (path: FieldPath): boolean => path.at(-2) === 'purge' && typeof path.at(-1) === 'number';
/** The same for an entry of `alerts`, `comments` or `values`. */
const isSource = (path: FieldPath): boolean =>
  ['alerts', 'comments', 'values'].includes(String(path.at(-2))) && typeof path.at(-1) === 'number';
const isToken = (path: FieldPath): boolean =>
  path.at(-1) === 'token' && (path.at(-2) === 'run' || isCache(path.slice(0, -1)));
const isHeaders = (path: FieldPath): boolean =>
  path.at(-1) === 'headers' && (path.at(-2) === 'origin' || isCache(path.slice(0, -1)) || isSource(path.slice(0, -1)));
const isInboxSecret = (path: FieldPath): boolean =>
  /^(password|identity)$/.test(String(path.at(-1))) && path.at(-2) === 'replay' && path.at(-3) === 'inbox';
const isEnvironmentName = (parent: FieldPath): boolean => parent.length === 1 && parent[0] === 'environments';

/** What a configuration says once `env:` and `file:` are read. */
export interface Resolved<T> {
  readonly value: T;
  /** Values read, and their parts (`Bearer x` also as `x`), longest first, for the printer to redact. */
  readonly secrets: readonly string[];
  readonly problems: readonly ConfigProblem[];
}

/** The parts of a configuration in which references may stand. */
export type WithSecrets = Pick<
  Config,
  'origin' | 'purge' | 'inbox' | 'comments' | 'values' | 'run' | 'alerts' | 'heartbeat'
>;

/**
 * Whose credentials a verb needs: `publish` never sees those of the inbox or of `run`, and the inbox's service sees none at all. `sources`
 * are those of comments and values.
 */
export type SecretPart = 'origin' | 'purge' | 'inbox' | 'sources' | 'run';
export const USUAL_SECRETS: readonly SecretPart[] = ['origin', 'purge', 'sources'];

export interface SecretPlaces {
  /** What `file:` is relative to. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** Of other parts, headers that are references are left out, and other references stay as they are written. */
  readonly parts: readonly SecretPart[];
}

/** Reads what headers, tokens and keys refer to. A place that is empty or not there is a problem. */
export async function resolveSecrets<T extends WithSecrets>(
  config: T,
  { root, env, parts }: SecretPlaces,
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
  const { origin, purge, inbox } = config;
  const headers = parts.includes('origin')
    ? await resolveAll(origin.headers, ['origin', 'headers'], read)
    : withoutReferences(origin.headers);
  const sources = <S extends object>(list: readonly S[], field: string): Promise<S[]> =>
    inOrder(list, (source, index) =>
      resolveSource(source, [field, index], parts.includes('sources') ? read : undefined),
    );
  const value = {
    ...config,
    origin: { ...origin, headers },
    purge: parts.includes('purge')
      ? await inOrder(purge, (cache, index) => resolveCache(cache, ['purge', index], read))
      : purge,
    inbox: inbox !== undefined && parts.includes('inbox') ? await resolveInbox(inbox, read) : inbox,
    ...(parts.includes('run') ? await resolveRun(config, read) : {}),
    comments: await sources(config.comments, 'comments'),
    values: await sources(config.values, 'values'),
  };
  return { value, secrets: [...secrets].sort((a, b) => b.length - a.length), problems };
}

type Read = (written: string, path: FieldPath) => Promise<string>;
type Cache = Config['purge'][number];

type OfRun = Pick<Config, 'run' | 'alerts' | 'heartbeat'>;

/** What only a resident process needs. */
async function resolveRun({ run, alerts, heartbeat }: OfRun, read: Read): Promise<OfRun> {
  return {
    run: run.token === undefined ? run : { ...run, token: await read(run.token, ['run', 'token']) },
    alerts: await inOrder(alerts, (alert, index) => resolveAlert(alert, ['alerts', index], read)),
    heartbeat: heartbeat === undefined ? undefined : await read(heartbeat, ['heartbeat']),
  };
}

type Alert = Config['alerts'][number];

async function resolveAlert(alert: Alert, path: FieldPath, read: Read): Promise<Alert> {
  if (alert.use !== 'webhook') return alert;
  const headers = await resolveAll(alert.headers, [...path, 'headers'], read);
  return { ...alert, url: await read(alert.url, [...path, 'url']), headers };
}

const withoutReferences = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => !REFERENCE.test(value)));

async function resolveInbox(inbox: NonNullable<Config['inbox']>, read: Read): Promise<NonNullable<Config['inbox']>> {
  const { password, identity } = inbox.replay;
  const path = (key: string) => ['inbox', 'replay', key];
  const replay = {
    ...inbox.replay,
    password: password === undefined ? undefined : await read(password, path('password')),
    identity: identity === undefined ? undefined : await read(identity, path('identity')),
  };
  return { ...inbox, replay };
}

async function resolveCache(cache: Cache, path: FieldPath, read: Read): Promise<Cache> {
  if ('token' in cache) return { ...cache, token: await read(cache.token, [...path, 'token']) };
  if ('headers' in cache) return { ...cache, headers: await resolveAll(cache.headers, [...path, 'headers'], read) };
  return cache;
}

/** Without `read`, headers that are references are left out. */
async function resolveSource<S extends object>(source: S, path: FieldPath, read: Read | undefined): Promise<S> {
  if (!('headers' in source)) return source;
  const written = source.headers as Readonly<Record<string, string>>;
  const headers =
    read === undefined ? withoutReferences(written) : await resolveAll(written, [...path, 'headers'], read);
  return { ...source, headers };
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
    const value = withoutComments((await readFile(resolve(root, path), 'utf8')).trim());
    return value === '' ? { why: 'is a file that is empty' } : { value };
  } catch (error) {
    return { why: `is a file that cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})` };
  }
}

/** A key file of age has lines of comment around its key; a secret of one line is left as it is. */
function withoutComments(text: string): string {
  const lines = text.split(/\r?\n/);
  return lines.length === 1
    ? text
    : lines
        .filter((line) => !line.startsWith('#'))
        .join('\n')
        .trim();
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
