import type { EdgeConfig } from '../config/schema.ts';
import { type Answer, type Cap, decide, type EdgeRequest, NOT_KEPT, routeOf } from '../edge/decide.ts';
import type { ReleaseView } from '../edge/view.ts';
import { ORIGINS, type Play } from './play.ts';

/** What a visitor gets, and in one sentence why. */
export interface Told {
  readonly answer: Answer;
  readonly why: string;
}

/** What answers are made of beside the request. */
export interface Played {
  readonly rules: EdgeConfig;
  readonly release: ReleaseView;
  readonly play: Play;
  /** True where the configuration has an inbox. */
  readonly inbox: boolean;
}

/** With what the inbox tells a visitor that it keeps a comment, which it does whenever the origin cannot take it. */
export const KEPT = 202;

/** The decision table's answer to a request while `play` is on. */
export function answerTo(request: EdgeRequest, { rules, release, play, inbox }: Played): Told {
  const world = { rules, release, hold: play.hold, inbox };
  const asked = play.visitor === 'logged in' ? { ...request, authorized: true } : request;
  const route = routeOf(asked, world);
  const isKept = route.from === 'inbox' && play.origin !== 'up';
  const answer = decide(asked, world, isKept ? KEPT : ORIGINS[play.origin].answers);
  if (answer.from === 'holding' && route.from === 'origin')
    return { answer, why: `${wantedOf(route.cap, rules)}, and the origin is ${play.origin}: ${shownFor(answer.name)}` };
  return { answer, why: whyOf(answer, rules, asked) };
}

function whyOf(answer: Answer, rules: EdgeConfig, { path, method }: EdgeRequest): string {
  switch (answer.from) {
    case 'holding':
      return `hold is on: ${shownFor(answer.name)}`;
    case 'origin':
      return `${wantedOf(answer.cap, rules)}, and it is up`;
    case 'inbox':
      return answer.status === KEPT
        ? 'comments go to the inbox, which keeps what the origin cannot take now'
        : 'comments go to the inbox, which hands them to the origin';
    case 'edge':
      return answer.status === 405
        ? `${method} is no way to ask for ${path}`
        : 'it is in no release, and nor is a missing page';
    case 'redirect':
      return `${answer.file.path} is in the release, and leads to ${answer.to}`;
    case 'release':
      return answer.status === 200 ? `${answer.file.path} is in the release` : `${missing(rules)}: the missing page`;
  }
}

function missing({ elsewhere }: EdgeConfig): string {
  return elsewhere === '404' ? 'it is in no release, and edge.elsewhere is 404' : 'it is in no release';
}

function shownFor(name: string): string {
  return name === NOT_KEPT ? 'the page that says that the comment was not kept' : `the holding page ${name}`;
}

function wantedOf(cap: Cap, rules: EdgeConfig): string {
  if (cap.of === 'comments') return `comments go to the origin, ${rules.comments.connections} at once`;
  if (cap.of === 'visitors') return `the origin answers this, ${rules.connections} visitors at once`;
  const rule = rules.dynamic[cap.rule];
  return `edge.dynamic lists ${rule?.path ?? ''}, which the origin answers, ${rule?.connections ?? 0} at once`;
}
