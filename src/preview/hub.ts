import type { ServerResponse } from 'node:http';
import type { Told } from './answer.ts';
import type { Play } from './play.ts';

/** What open pages are told. */
export interface News {
  /** Files that are another now; pages that show none of them stay. */
  readonly changed: { readonly files: readonly string[] };
  /** What keeps the words and templates from being published; null once that is over. */
  readonly trouble: Trouble | null;
  /** What is played is something else now. */
  readonly play: Play;
  /** A page that somebody asked for, and why it was this one. */
  readonly answered: Answered;
}

export interface Trouble {
  readonly text: string;
  readonly hint: string;
}

export interface Answered {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly from: Told['answer']['from'];
  readonly why: string;
}

/** Pages that listen, each by server-sent events. */
export interface Hub {
  /** From now on, and first `news`: what the page missed since it was made. */
  listen(response: ServerResponse, news: Partial<News>): void;
  tell<Kind extends keyof News>(kind: Kind, news: News[Kind]): void;
  close(): void;
}

/** Something between the page and here may give up on a connection that is silent for a minute. */
const BEAT_MS = 25_000;

export function openHub(): Hub {
  const open = new Set<ServerResponse>();
  const beat = setInterval(() => {
    for (const response of open) response.write(':\n\n');
  }, BEAT_MS);
  beat.unref();
  return {
    listen(response, news) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write('retry: 500\n\n');
      for (const [kind, missed] of Object.entries(news)) response.write(messageOf(kind, missed));
      open.add(response);
      response.on('close', () => open.delete(response));
    },
    tell(kind, news) {
      for (const response of open) response.write(messageOf(kind, news));
    },
    close() {
      clearInterval(beat);
      for (const response of open) response.end();
    },
  };
}

function messageOf(kind: string, news: unknown): string {
  return `event: ${kind}\ndata: ${JSON.stringify(news)}\n\n`;
}
