import { hash } from 'node:crypto';

/** The directives of one Content-Security-Policy: name in lower case to sources as they are written. */
export type Policy = ReadonlyMap<string, readonly string[]>;

/** What is to be allowed: origins (`https://plausible.io`) and `'self'` by what asks, and sources of scripts that stand in the page. */
export interface Needs {
  readonly script?: readonly string[];
  readonly img?: readonly string[];
  readonly connect?: readonly string[];
  /** As `hashSource` writes them. */
  readonly inline?: readonly string[];
}

/** Of a doubled directive the first counts, as in a browser. */
export function readPolicy(text: string): Policy {
  const policy = new Map<string, readonly string[]>();
  for (const directive of text.split(';')) {
    const [name = '', ...sources] = directive.trim().split(/\s+/);
    const known = name.toLowerCase();
    if (known !== '' && !policy.has(known)) policy.set(known, sources);
  }
  return policy;
}

/** As it is sent: `default-src 'none'; img-src 'self'`. */
export function writePolicy(policy: Policy): string {
  return [...policy].map((directive) => directive.flat().join(' ')).join('; ');
}

/** The source that lets an inline script or style of this text (as UTF-8) run; `text` may be bytes. Line ends count as a browser reads them. */
export function hashSource(text: string | Buffer, algorithm = 'sha256'): string {
  const read = text.toString().replace(/\r\n?/g, '\n');
  return `'${algorithm}-${hash(algorithm, read, 'base64')}'`;
}

/** The same policy where it allows all of that, else one that also does; what it forbade besides stays forbidden. */
export function widen(policy: Policy, { script = [], img = [], connect = [], inline = [] }: Needs): Policy {
  const scripts = policy.has('script-src-elem') ? 'script-src-elem' : 'script-src';
  const loaded = add(add(add(policy, scripts, script), 'img-src', img), 'connect-src', connect);
  return runsInline(sourcesOf(loaded, scripts) ?? []) ? loaded : add(loaded, scripts, inline);
}

/** Beside a nonce, a hash or 'strict-dynamic' 'unsafe-inline' counts for nothing; without them a hash would end it. */
function runsInline(sources: readonly string[]): boolean {
  return (
    sources.some((source) => /^'unsafe-inline'$/i.test(source)) &&
    !sources.some((source) => /^'(?:nonce-|sha\d+-|strict-dynamic')/i.test(source))
  );
}

/** Undefined where nothing is forbidden. */
function sourcesOf(policy: Policy, directive: string): readonly string[] | undefined {
  return policy.get(directive) ?? policy.get('default-src');
}

function add(policy: Policy, directive: string, wanted: readonly string[]): Policy {
  const sources = sourcesOf(policy, directive);
  if (sources === undefined) return policy;
  const missing = [...new Set(wanted)].filter((one) => !sources.some((source) => covers(source, one)));
  if (missing.length === 0) return policy;
  const kept = sources.filter((source) => !/^'none'$/i.test(source));
  return new Map([...policy, [directive, [...kept, ...missing]]]);
}

/** True where `source` lets in all that `wanted`, an origin or a keyword, stands for. */
function covers(source: string, wanted: string): boolean {
  if (source === wanted) return true;
  if (wanted.startsWith("'")) return wanted === "'self'" && source === '*';
  const url = new URL(wanted);
  const lower = source.toLowerCase();
  if (lower === '*' || lower === url.protocol) return true;
  const [, scheme, wildcard, host, port] =
    /^(?:([a-z][a-z0-9+.-]*:)\/\/)?(\*\.)?([^/:*]+)(?::(\d+|\*))?\/?$/.exec(lower) ?? [];
  if (host === undefined || (scheme !== undefined && scheme !== url.protocol)) return false;
  const isHost = wildcard === undefined ? url.hostname === host : url.hostname.endsWith(`.${host}`);
  return isHost && (port === '*' || (port ?? '') === url.port);
}
