import type { ServerResponse } from 'node:http';
import type { Certificate } from '../../cycle/certificates.ts';
import type { Clock } from '../../model/clock.ts';
import type { Runner } from '../runner.ts';
import { seldom } from '../seldom.ts';
import { json, type Reply, type Routes, SAFE, text } from '../server.ts';
import type { RunEvent } from '../state.ts';
import { createMetrics } from './metrics.ts';
import { type Shown, statusPage } from './page.ts';
import { runFacts } from './run-facts.ts';

/** The faces of the process: the page and its news, JSON, metrics, health. */
export interface Faces {
  readonly routes: Routes;
  tell(event: RunEvent): void;
  close(): void;
}

export interface FacesOptions {
  readonly runner: Runner;
  readonly clock: Clock;
  readonly isWell: () => boolean;
  /** What alerts were told of, and lasts. */
  readonly alarms: () => readonly string[];
  /** As they were found last. */
  readonly certificates: () => readonly Certificate[];
  /** Takes secrets out of a text that leaves. */
  readonly redact: (text: string) => string;
}

/** However many look, destinations are read no more often than this. */
const FRESH_MS = 2000;
/** Ages on an open page go on at this pace while nothing happens. */
const NEWS_MS = 10_000;
/** Open pages that get news; others show what was when they were opened. */
const MOST_READERS = 16;

/** The page's own script: new facts replace the old ones in place, so that nobody loses where they were reading. */
const SCRIPT = `new EventSource('/events').onmessage = async () => {
  const answer = await fetch('/');
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  document.querySelector('main').replaceWith(page.querySelector('main'));
  document.title = page.title;
};
`;

/** Makes them; nothing is read before somebody looks. */
export function createFaces({ runner, clock, isWell, alarms, certificates, redact }: FacesOptions): Faces {
  const metrics = createMetrics();
  const readers = new Set<ServerResponse>();
  const facts = seldom(() => runner.facts(AbortSignal.timeout(DEADLINE_MS)), { clock, ms: () => FRESH_MS });
  const shown = async (): Promise<Shown> => {
    const run = runFacts(runner.state, { alarms: alarms(), certificates: certificates() });
    return withoutSecrets({ facts: await facts.get(), run }, redact);
  };
  const news = (): void => {
    for (const reader of readers) reader.write('data: news\n\n');
  };
  const timer = setInterval(news, NEWS_MS);
  timer.unref();
  const html = (body: string): Reply => ({
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body,
  });
  return {
    routes: {
      'GET /': async () => html(statusPage(await shown())),
      'GET /live.js': () => ({
        status: 200,
        headers: { 'content-type': 'text/javascript; charset=utf-8' },
        body: SCRIPT,
      }),
      'GET /status.json': async () => {
        const { facts: said, run } = await shown();
        return json(200, { ...said, run });
      },
      'GET /metrics': async () => ({
        status: 200,
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
        body: await metrics.text(await shown()),
      }),
      'GET /healthz': () => {
        const { role, last, failures } = runner.state;
        const isReady = role === 'passive' || last !== undefined;
        const said = {
          well: isWell(),
          ready: isReady,
          stale: alarms().some((one) => one.startsWith('lane ')),
          role,
          failures,
        };
        return json(said.well && said.ready ? 200 : 503, said);
      },
      'GET /events': (_request, response) => {
        if (readers.size >= MOST_READERS) return text(503, 'too many pages are open\n');
        response.writeHead(200, { ...SAFE, 'content-type': 'text/event-stream' });
        response.write('retry: 5000\n\n');
        readers.add(response);
        response.once('close', () => readers.delete(response));
        return undefined;
      },
    },
    tell(event) {
      metrics.tell(event);
      facts.forget();
      news();
    },
    close() {
      clearInterval(timer);
      for (const reader of readers) reader.end();
    },
  };
}

/** Every text in it, before it is escaped for HTML or JSON: a secret is found as it is written. */
function withoutSecrets<T>(value: T, redact: (text: string) => string): T {
  if (typeof value === 'string') return redact(value) as T;
  if (Array.isArray(value)) return value.map((one) => withoutSecrets(one, redact)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutSecrets(one, redact)])) as T;
}

/** A destination that does not answer is said to be so, and the page comes all the same. */
const DEADLINE_MS = 8000;
