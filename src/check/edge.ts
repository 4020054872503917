import { hash, randomBytes } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import { addressOfFile } from '../model/address.ts';
import { HOLDING_FOLDER } from '../model/holding.ts';
import type { Manifest, ReleaseFile } from '../model/manifest.ts';
import { ORIGIN_STATE_PATH } from '../model/origin-state.ts';
import type { Hold } from '../publish/control.ts';
import type { AskWeb, Reply } from './ask.ts';
import type { Stamp } from './clock.ts';
import { checkEdgeRedirects } from './edge-redirects.ts';
import { type Finding, findingsOf } from './finding.ts';

/** What is live, and how it is to be served. */
export interface Served {
  readonly manifest: Manifest;
  readonly hold: Hold | null;
  readonly config: Pick<Config, 'site' | 'edge'>;
  /** True where a web server of ours serves it from a folder, and answers redirects as such. */
  readonly hasRedirects: boolean;
}

/** One question to the public address, and what a generated configuration answers. */
export interface Question {
  /** What is asked for, in words. */
  readonly what: string;
  readonly path: string;
  readonly status: number;
  /** What is in the answer; undefined where that is the server's own. */
  readonly file: ReleaseFile | undefined;
  /** True for what no cache may keep. */
  readonly isFresh: boolean;
}

export interface EdgeChecked {
  readonly findings: readonly Finding[];
  /** By the public address. */
  readonly stamps: readonly Stamp[];
}

/** Whether the public address answers as a generated configuration would; at most ten requests, none of which reaches the origin where it does. */
export async function checkEdge(served: Served, ask: AskWeb, signal: AbortSignal): Promise<EdgeChecked> {
  const base = new URL(served.config.site.url).origin;
  const find = findingsOf('edge');
  const stamps: Stamp[] = [];
  const findings: Finding[] = [];
  const good: string[] = [];
  for (const question of questionsFor(served, randomBytes(8).toString('hex'))) {
    const reply = await ask(base + question.path, signal);
    if (typeof reply !== 'string') stamps.push(...stampOf(reply));
    const wrong = judge(question, reply);
    // The first is one that nothing but a release answers: without it the site's visitors do not come by here yet.
    if (question.path === `/${ORIGIN_STATE_PATH}` && wrong !== undefined) {
      const hint =
        'as long as visitors still go to the origin this is as it should be; holdfast edge NAME prints what to install';
      return {
        findings: [find('warn', `${base} does not answer from the release: ${question.path} ${wrong}`, hint)],
        stamps,
      };
    }
    if (wrong === undefined) good.push(question.what);
    else findings.push(find('fail', `${base}${question.path} ${wrong}`, HINT));
  }
  // A hold is shown in place of a redirect too.
  if (served.hasRedirects && served.hold === null)
    findings.push(...(await checkEdgeRedirects(base, served.manifest, { ask, signal })));
  const ok = good.length === 0 ? [] : [find('ok', `${base} answers as generated: ${good.join(', ')}`)];
  return { findings: [...ok, ...findings], stamps };
}

const HINT =
  'fill the configuration in again: holdfast edge NAME; a cache in front may hold what was before, for a minute';

/** What is asked, the telling one first. Pure. */
export function questionsFor({ manifest, hold, config }: Served, random: string): readonly Question[] {
  const byPath = new Map(manifest.files.map((file) => [file.path, file]));
  const question = (what: string, path: string, more: Partial<Question> = {}): Question[] => {
    const file = byPath.get(path);
    const asked = addressOfFile(path);
    return file === undefined
      ? []
      : [{ what, path: asked, status: 200, file, isFresh: path.startsWith('_holdfast/'), ...more }];
  };
  const held = hold === null ? undefined : byPath.get(`${HOLDING_FOLDER}${hold.page}.html`);
  const missing = byPath.get('404.html');
  const toOrigin = config.edge.elsewhere === 'origin';
  return [
    ...question("the origin's state", ORIGIN_STATE_PATH),
    ...question(
      'the front page',
      'index.html',
      // Its status is the holding page's own; that it is shown at all is what counts.
      held === undefined
        ? {}
        : { what: `the holding page ${hold?.page} in its place`, file: held, status: 0, isFresh: true },
    ),
    ...question('robots.txt', 'robots.txt'),
    ...question(`the holding page ${config.edge.holding}`, `${HOLDING_FOLDER}${config.edge.holding}.html`),
    ...(toOrigin || held !== undefined || missing === undefined
      ? []
      : [
          {
            what: 'a page that is not there',
            path: `/holdfast-check-${random}/`,
            status: 404,
            file: missing,
            isFresh: false,
          },
        ]),
  ];
}

/** What is wrong with an answer, in words; undefined where it is as generated. Pure. */
export function judge({ status, file, isFresh }: Question, reply: Reply | string): string | undefined {
  if (typeof reply === 'string') return `cannot be asked: ${reply}`;
  if (status !== 0 && reply.status !== status) return `answers ${reply.status} instead of ${status}`;
  if (file !== undefined && hash('sha256', reply.body) !== file.sha256)
    return 'has another content than the live release';
  const type = reply.headers.get('content-type') ?? '';
  if (file !== undefined && bare(type) !== bare(file.type))
    return `is sent as ${type || 'no type'} instead of ${bare(file.type)}`;
  const caching = reply.headers.get('cache-control') ?? '';
  if (isFresh && !/no-store|no-cache|max-age=0/i.test(caching))
    return `may be kept by caches (cache-control: ${caching || 'none'})`;
  return reply.headers.has('set-cookie') ? 'sets a cookie' : undefined;
}

const bare = (type: string): string => (type.split(';', 1)[0] ?? '').trim().toLowerCase();

/** The server's clock; an answer out of a cache tells an old time. */
export function stampOf({ headers, asked, answered }: Reply): Stamp[] {
  const date = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(date) || headers.has('age') ? [] : [{ date, asked, answered }];
}
