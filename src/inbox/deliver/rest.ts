import { HoldfastError } from '../../model/errors.ts';
import type { Courier, Handed } from '../../origin/hand.ts';
import { pathOf, type Words } from '../forms.ts';
import { judge } from '../judge.ts';
import type { Kept } from '../submission.ts';
import { brokenOff } from './form.ts';
import { type Delivery, plainText } from './outcome.ts';

/** WordPress's REST interface, as a user who may moderate comments where there are credentials. */
export interface Rest {
  readonly courier: Courier;
  /** `Basic …`, undefined where there are no credentials. */
  readonly authorization: string | undefined;
  /** Milliseconds. */
  readonly deadline: number;
}

/** The header of a user's application password, whose spaces are only there to be read. */
export function basic(user: string | undefined, password: string | undefined): string | undefined {
  if (user === undefined || password === undefined) return undefined;
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/**
 * Whether a comment may go by REST. WordPress does not filter markup of who may write any, as its editors may; a comment with markup in it
 * therefore goes by the form, as its author sent it, and WordPress filters it as it does any visitor's.
 */
export function fitsRest({ text, author, url }: Words): boolean {
  return ![text, author, url].some((value) => value.includes('<'));
}

/** Sends a comment in its author's name, with the date at which it was written. Throws `inbox-credentials`. */
export async function restDelivery(kept: Kept, words: Words, rest: Rest, signal: AbortSignal): Promise<Delivery> {
  const comment = {
    post: Number(words.page),
    ...(Number(words.parent) > 0 ? { parent: Number(words.parent) } : {}),
    author_name: words.author,
    author_email: words.email,
    ...(words.url === '' ? {} : { author_url: words.url }),
    content: words.text,
    date_gmt: new Date(kept.at).toISOString().slice(0, 19),
    author_user_agent: kept.agent,
    ...(kept.address === '' ? {} : { author_ip: kept.address }),
  };
  const errand = {
    method: 'POST',
    path: restPath(kept.path),
    deadline: rest.deadline,
    body: Buffer.from(JSON.stringify(comment)),
  };
  const handed = await rest.courier.hand(
    { ...errand, headers: { ...headersOf(rest), 'content-type': 'application/json' } },
    signal,
  );
  return meaningOf(handed);
}

/** Works whatever the permalinks are. */
export function restPath(formPath: string, query = ''): string {
  return `${pathOf(formPath).replace(/[^/]*$/, '')}index.php?rest_route=/wp/v2/comments${query}`;
}

export function headersOf({ authorization }: Rest): Record<string, string> {
  return {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'Holdfast',
    ...(authorization === undefined ? {} : { authorization }),
  };
}

/** Errors that say that the user may not do this, whatever the comment. */
const NOT_ALLOWED =
  /^(rest_comment_invalid_author|rest_comment_invalid_author_ip|rest_forbidden|incorrect_password|invalid_username|application_passwords_disabled\w*)$/;

function meaningOf(handed: Handed): Delivery {
  if (handed.kind !== 'answer') return brokenOff(handed);
  const means = judge(handed);
  const { status } = handed;
  if (means !== 'answered')
    return { kind: 'later', why: `status ${status}`, sure: means === 'not-stored', stop: status === 503 };
  const { id, code = '', message = '' } = jsonOf(handed.body);
  if (status === 201) return { kind: 'delivered', id };
  if (status === 409 && code === 'comment_duplicate') return { kind: 'delivered', id: undefined };
  if (status === 401 || NOT_ALLOWED.test(code)) throw notAllowed(code);
  if (code === 'comment_flood' || code === '')
    return { kind: 'later', why: code || `status ${status}, and not of WordPress`, sure: true, stop: false };
  const why = { code: code === 'rest_comment_closed' ? 'closed' : code, status, text: plainText(message) };
  return { kind: 'refused', why };
}

interface RestAnswer {
  readonly id?: number;
  readonly code?: string;
  readonly message?: string;
}

function jsonOf(body: Buffer): RestAnswer {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as RestAnswer) : {};
  } catch {
    return {};
  }
}

const notAllowed = (code: string): HoldfastError =>
  new HoldfastError(
    'inbox-credentials',
    `the origin does not let that user deliver comments: ${code || 'no reason given'}`,
    {
      hint: 'inbox.replay needs a user who may moderate comments, and an application password of theirs',
    },
  );
