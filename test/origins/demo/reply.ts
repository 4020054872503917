/** What the demo answers, before any switch breaks it. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer;
}

/** What was asked, with its path decoded and its body read. */
export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The visitor's address. */
  readonly from: string;
  readonly form: URLSearchParams;
}

/** A page: no validators, as PHP answers. */
export function html(body: string, status = 200, headers: Reply['headers'] = {}): Reply {
  return { status, headers: { 'Content-Type': 'text/html; charset=UTF-8', ...headers }, body };
}

/** XML of one type or another. */
export function xml(type: string, body: string, headers: Reply['headers'] = {}): Reply {
  return {
    status: 200,
    headers: { 'Content-Type': `${type}; charset=UTF-8`, ...headers },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}

/** JSON as the REST interface answers it. */
export function json(value: unknown, status = 200, headers: Reply['headers'] = {}): Reply {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=UTF-8', ...headers },
    body: JSON.stringify(value).replaceAll('/', '\\/'),
  };
}

/** Somewhere else, by an absolute address. */
export function redirect(to: string, status: 301 | 302 = 301): Reply {
  return html('', status, { Location: to, 'X-Redirect-By': 'WordPress' });
}
