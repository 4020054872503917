import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What one path of a scripted site answers: a page's HTML, or anything else in full. */
export type Script = string | Answered | ((request: IncomingMessage, response: ServerResponse) => void);

export interface Answered {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A real HTTP server whose pages a test changes as it goes. */
export interface ScriptedSite {
  readonly url: string;
  readonly host: string;
  readonly pages: Map<string, Script>;
  /** Paths asked for since the last call, in order; with queries. */
  hits(): readonly string[];
  /** When set, every request is answered with it: the origin as a whole is in trouble. */
  trouble: Script | undefined;
  /** As it was started: its pages, no trouble, nothing asked for. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts on loopback, on a free port unless one is given. Paths without a script answer 404. */
export async function startSite(pages: Readonly<Record<string, Script>> = {}, port = 0): Promise<ScriptedSite> {
  const scripts = new Map<string, Script>();
  let seen: string[] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? '/';
    seen.push(url);
    play(
      site.trouble ??
        scripts.get(url) ??
        scripts.get(url.replace(/\?.*$/, '')) ?? { status: 404, body: page('Not found', 'Nothing is here.') },
      request,
      response,
    );
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const site: ScriptedSite = {
    url: `http://${host}`,
    host,
    pages: scripts,
    trouble: undefined,
    hits: () => {
      const taken = seen;
      seen = [];
      return taken;
    },
    reset: () => {
      scripts.clear();
      for (const [path, script] of Object.entries(pages)) scripts.set(path, script);
      site.trouble = undefined;
      seen = [];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  site.reset();
  return site;
}

function play(script: Script, request: IncomingMessage, response: ServerResponse): void {
  if (typeof script === 'function') {
    script(request, response);
    return;
  }
  const { status = 200, headers = {}, body = '' } = typeof script === 'string' ? { body: script } : script;
  const etag = headers['etag'];
  if (status === 200 && etag !== undefined && request.headers['if-none-match'] === etag) {
    response.writeHead(304, { etag }).end();
    return;
  }
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body);
}

/** A whole page of an ordinary site, large enough for the gate; `inside` is HTML. */
export function page(title: string, inside: string, head = ''): string {
  const filler = 'The tide turns twice a day, and the pools are never the same after it. '.repeat(8);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title>${head}</head>
<body><header><a href="/">Home</a></header><main><h1>${title}</h1>${inside}<p>${filler}</p></main><footer>A small journal</footer></body>
</html>
`;
}
