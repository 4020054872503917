/** The directives of a Content-Security-Policy header: name to sources, lower-case; of a doubled one the first counts. */
export function readPolicy(header: string): ReadonlyMap<string, readonly string[]> {
  const policy = new Map<string, readonly string[]>();
  for (const directive of header.split(';')) {
    const [name, ...sources] = directive.trim().toLowerCase().split(/\s+/);
    if (name !== undefined && name !== '' && !policy.has(name)) policy.set(name, sources);
  }
  return policy;
}

/** What a policy can be asked to let load or reach. */
export type SourceKind = 'script' | 'img' | 'connect';

/** True where a browser that obeys `header` loads a resource of `kind` from `origin` into a page of `self`, or reports to it. */
export function allows(header: string, kind: SourceKind, origin: string, self: string): boolean {
  return everyPolicy(header, kind, (sources) =>
    sources.some((source) => matches(source, new URL(origin), new URL(self))),
  );
}

/** True where a browser that obeys `header` runs a script that stands in the page without a nonce or a hash. */
export function allowsInline(header: string): boolean {
  // Beside a nonce, a hash or 'strict-dynamic' the word counts for nothing.
  return everyPolicy(
    header,
    'script',
    (sources) =>
      sources.includes("'unsafe-inline'") &&
      !sources.some((source) => /^'(nonce-|sha\d+-|strict-dynamic')/.test(source)),
  );
}

/** A header with a comma is several policies, and each must allow it; one that says nothing of the kind allows all. */
function everyPolicy(header: string, kind: SourceKind, isAllowed: (sources: readonly string[]) => boolean): boolean {
  return header.split(',').every((one) => {
    const policy = readPolicy(one);
    const own = kind === 'script' ? policy.get('script-src-elem') : undefined;
    const sources = own ?? policy.get(`${kind}-src`) ?? policy.get('default-src');
    return sources === undefined || isAllowed(sources);
  });
}

function matches(source: string, url: URL, self: URL): boolean {
  if (source === '*' || source === url.protocol) return true;
  if (source === "'self'") return url.origin === self.origin;
  const [, scheme, wildcard, host, port] =
    /^(?:([a-z][a-z0-9+.-]*:)\/\/)?(\*\.)?([^/:*]+)(?::(\d+|\*))?(?:\/.*)?$/.exec(source) ?? [];
  if (host === undefined || (scheme !== undefined && scheme !== url.protocol)) return false;
  const isHost = wildcard === undefined ? url.hostname === host : url.hostname.endsWith(`.${host}`);
  return isHost && (port === undefined || port === '*' || port === url.port);
}
