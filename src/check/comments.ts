import type { LoadedConfig } from '../config/load.ts';
import type { CommentsConfig } from '../config/schema.ts';
import { siteOf } from '../cycle/workplace.ts';
import { asHoldfastError, isHoldfastError } from '../model/errors.ts';
import type { Origin } from '../origin/client.ts';
import type { Elsewhere } from '../origin/elsewhere.ts';
import { askFor, jsonOf } from '../snapshot/comments/ask.ts';
import { topicOf } from '../snapshot/comments/discourse.ts';
import { count, type Finding, findingsOf } from './finding.ts';
import { isProgram } from './programs.ts';

export interface Askable {
  readonly origin: Origin;
  readonly elsewhere: Elsewhere;
}

/** Sources that are asked: each costs its host one request. */
const MOST_ASKED = 10;

/** Whether each source of comments answers with what a source of its kind does. A program is not started, only looked for. */
export async function checkComments(
  loaded: LoadedConfig,
  { origin, elsewhere }: Askable,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { comments } = loaded.config;
  const find = findingsOf('comments');
  const askable = { site: siteOf(loaded), origin, elsewhere: elsewhere.client };
  const findings: Finding[] = [];
  for (const entry of comments.slice(0, MOST_ASKED)) {
    const what = `${entry.page} from ${entry.from}`;
    try {
      const said = await answerOf(entry, { askable, root: loaded.root }, signal);
      findings.push(find('ok', `${what}: ${said}`));
    } catch (error) {
      signal.throwIfAborted();
      const { message, hint } = asHoldfastError(error);
      const usual = 'see `comments` of the configuration; the last good thread stays on the page meanwhile';
      findings.push(find('fail', `${what}: ${message}`, isHoldfastError(error) ? (hint ?? usual) : usual));
    }
  }
  if (comments.length > MOST_ASKED)
    findings.push(find('ok', `${count(comments.length - MOST_ASKED, 'source')} more were not asked`));
  return findings;
}

interface Asking {
  readonly askable: Parameters<typeof askFor>[0];
  readonly root: string;
}

async function answerOf(entry: CommentsConfig, { askable, root }: Asking, signal: AbortSignal): Promise<string> {
  if (entry.from === 'command') {
    const [program = ''] = entry.run;
    if (await isProgram(program, root)) return `${program} is there; it was not started`;
    throw new Error(`${program} cannot be started`);
  }
  if (entry.from === 'wordpress') {
    const url = `${entry.rest}/wp/v2/comments?per_page=1&_fields=id${entry.post === undefined ? '' : `&post=${entry.post}`}`;
    const answer = await askFor(askable)(url, 'json', signal);
    if (!Array.isArray(jsonOf(answer, url))) throw new Error('its interface does not answer with a list');
    return `it answers${entry.post === undefined ? '' : `, ${count(Number(answer.headers.get('x-wp-total') ?? 0), 'comment')}`}`;
  }
  const url = entry.from === 'discourse' ? `${topicOf(entry.url)}.json` : entry.url;
  const accept = entry.from === 'html' ? 'page' : entry.from === 'feed' ? 'feed' : 'json';
  const answer = await askFor(askable, entry.headers)(url, accept, signal);
  if (accept === 'json') jsonOf(answer, url);
  return `it answers, ${(answer.bytes.length / 1000).toFixed(1)} KB`;
}
