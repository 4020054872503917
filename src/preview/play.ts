import type { OriginAnswer } from '../edge/decide.ts';

/** What the origin may be played as; the same words as in the decision table. */
export const ORIGINS = {
  up: { answers: 200, means: 'it answers as ever' },
  slow: { answers: 'timeout', means: 'it answers later than `edge.deadline` allows' },
  busy: { answers: 'full', means: 'as many requests are with it as its cap lets through' },
  down: { answers: 'refused', means: 'it takes no connection' },
} as const satisfies Record<string, { readonly answers: OriginAnswer; readonly means: string }>;

export type OriginName = keyof typeof ORIGINS;

/** Who looks. */
export const VISITORS = ['anonymous', 'logged in'] as const;

export type Visitor = (typeof VISITORS)[number];

/** What an editor has set the preview to play. */
export interface Play {
  readonly origin: OriginName;
  /** Name of the holding page that visitors are put on; undefined for none. */
  readonly hold: string | undefined;
  readonly visitor: Visitor;
}

/** How it begins: a quiet day. */
export const QUIET_DAY: Play = { origin: 'up', hold: undefined, visitor: 'anonymous' };

/** What a form says is to be played; undefined where it says something else. A field that it leaves out stays as it is. */
export function playOf(form: URLSearchParams, now: Play, holding: readonly string[]): Play | undefined {
  const origin = form.get('origin') ?? now.origin;
  const visitor = form.get('visitor') ?? now.visitor;
  const hold = form.get('hold') ?? now.hold ?? '';
  if (!isOrigin(origin) || !isVisitor(visitor) || (hold !== '' && !holding.includes(hold))) return undefined;
  return { origin, visitor, hold: hold === '' ? undefined : hold };
}

function isOrigin(name: string): name is OriginName {
  return Object.hasOwn(ORIGINS, name);
}

function isVisitor(name: string): name is Visitor {
  return VISITORS.some((one) => one === name);
}

/** The word for it in `origin.json`, which holding pages look at: a busy origin is a slow one. */
export function originState(origin: OriginName): 'up' | 'slow' | 'down' {
  return origin === 'busy' ? 'slow' : origin;
}
