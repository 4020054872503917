import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Kind } from '../../../src/report/kinds.ts';

/** What visitors ask for, and what of it must be true of an answer. */
export interface Errand {
  readonly path: string;
  /** What the report is to call a good answer. */
  readonly kind: Kind;
  readonly status: number;
  /** Stands in the whole answer. */
  readonly ends: string;
  /** True for what is not there before its time. */
  readonly isToCome?: true;
}

/** One answer. */
export interface Visit {
  readonly path: string;
  /** Milliseconds since 1970: when the request was sent, and when the answer was whole. */
  readonly asked: number;
  readonly at: number;
  readonly status: number;
  /** As the report is to call it; `wrong` for what nobody may ever get. */
  readonly kind: Kind | 'wrong';
  /** Of a holding page, its name. */
  readonly holding: string | undefined;
  readonly edition: number | undefined;
  /** Enough of a wrong answer to see what it was. */
  readonly said: string;
}

export interface Visiting {
  readonly port: number;
  readonly errands: readonly Errand[];
  /** Titles of the holding pages, by name. */
  readonly titles: ReadonlyMap<string, string>;
}

const PAUSE_MS = 60;
const VISITORS = 3;

/** Visitors who go round all the time, until `stop`; every request that was sent is among the visits it gives. */
export function startVisitors(visiting: Visiting): { stop(): Promise<readonly Visit[]> } {
  const visits: Visit[] = [];
  let isOver = false;
  const agent = new Agent({ keepAlive: true });
  const goRound = async (first: number) => {
    for (let n = first; !isOver; n++) {
      const errand = visiting.errands[n % visiting.errands.length];
      if (errand !== undefined) visits.push(await visit(errand, visiting, agent));
      await wait(PAUSE_MS);
    }
  };
  const rounds = Array.from({ length: VISITORS }, (_, n) => goRound(n * 2));
  return {
    async stop() {
      isOver = true;
      await Promise.all(rounds);
      agent.destroy();
      return visits;
    },
  };
}

function visit(errand: Errand, visiting: Visiting, agent: Agent): Promise<Visit> {
  const asked = Date.now();
  return new Promise((resolve) => {
    const end = (status: number, body: string, isWhole: boolean) =>
      resolve({
        ...judged(errand, { status, body, isWhole }, visiting),
        path: errand.path,
        asked,
        at: Date.now(),
        status,
      });
    const asking = request({ host: '127.0.0.1', port: visiting.port, path: errand.path, agent }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      answer.once('end', () => end(answer.statusCode ?? 0, body, answer.complete));
      answer.once('error', () => end(0, body, false));
    });
    asking.once('error', (error) => end(0, error.message, false)).end();
  });
}

interface Got {
  readonly status: number;
  readonly body: string;
  readonly isWhole: boolean;
}

/** A page, whole, as it is to be; or a holding page, whole. */
function judged(
  { kind, status, ends, isToCome }: Errand,
  got: Got,
  { titles }: Visiting,
): Pick<Visit, 'kind' | 'holding' | 'edition' | 'said'> {
  const none = { holding: undefined, edition: undefined, said: '' };
  if (got.isWhole && got.status === 503 && got.body.trimEnd().endsWith('</html>')) {
    const title = /<title>(.*?)<\/title>/s.exec(got.body)?.[1] ?? '';
    const holding = titles.get(title);
    if (holding !== undefined) return { ...none, kind: 'holding', holding };
  }
  if (isToCome === true && got.isWhole && got.status === 404) return { ...none, kind: '404' };
  if (!got.isWhole || got.status !== status || !got.body.includes(ends)) {
    return { ...none, kind: 'wrong', said: got.body.slice(0, 300) };
  }
  const edition = /edition (\d+)\b/i.exec(got.body)?.[1];
  return { ...none, kind, edition: edition === undefined ? undefined : Number(edition) };
}
