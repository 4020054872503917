import type { Site } from '../../model/site.ts';
import type { Handed } from '../../origin/hand.ts';
import { commentPlace, type Form } from '../forms.ts';
import { headerOf, judge } from '../judge.ts';
import { type Delivery, reasonIn } from './outcome.ts';

type AnswerOf = Extract<Handed, { kind: 'answer' }>;

/** What an answer means that came for a form which was kept. */
export function formDelivery(handed: Handed, form: Form, site: Site): Delivery {
  if (handed.kind !== 'answer') return brokenOff(handed);
  const means = judge(handed);
  const { status } = handed;
  if (means !== 'answered')
    return { kind: 'later', why: `status ${status}`, sure: means === 'not-stored', stop: status === 503 };
  // It is there already: the reply to an earlier try got lost, or somebody sent the form twice.
  if (status === 409) return { kind: 'delivered', id: undefined };
  if (status === 408 || status === 425) return { kind: 'later', why: `status ${status}`, sure: true, stop: false };
  return form.use === 'wordpress' ? wordpressDelivery(handed, form, site) : mappedDelivery(handed, form);
}

/** No whole answer. Where nothing was sent the origin is away; else it may have stored what was sent. */
export function brokenOff({ kind, why }: Exclude<Handed, { kind: 'answer' }>): Delivery {
  const sure = kind === 'unreached';
  return { kind: 'later', why, sure, stop: sure };
}

/** WordPress's own page of refusal, as `wp_die` makes it; any other page with 200 comes from something in between. */
const WP_DIE = /<body[^>]+id=["']error-page["']/i;

function wordpressDelivery(answer: AnswerOf, form: Form, site: Site): Delivery {
  const { status, headers, body } = answer;
  const location = headerOf(headers, 'location');
  const id = commentPlace(location, site.publicUrl.href, site.hosts);
  if (id !== undefined && form.isStored(status, location)) return { kind: 'delivered', id };
  if (MOVED.has(status)) return { kind: 'later', why: `moved, status ${status}`, sure: true, stop: true };
  const page = body.toString('utf8');
  if (status === 200 && page === '')
    return refused('refused', status, 'nothing was said, as of a post that is not there');
  if (status === 200 && !WP_DIE.test(page))
    return { kind: 'later', why: 'a page that is not of WordPress', sure: true, stop: false };
  if (status >= 300 && status < 400) return refused('sent-elsewhere', status, 'the origin led away, as to a login');
  return refused(status === 403 ? 'closed' : 'refused', status, reasonIn(page));
}

/** The whole form has another address: what it says is true of every submission. */
const MOVED = new Set([301, 307, 308]);

function mappedDelivery({ status, headers, body }: AnswerOf, form: Form): Delivery {
  if (form.isStored(status, headerOf(headers, 'location'))) return { kind: 'delivered', id: undefined };
  if (MOVED.has(status)) return { kind: 'later', why: `moved, status ${status}`, sure: true, stop: true };
  return refused('refused', status, reasonIn(body.toString('utf8')));
}

const refused = (code: string, status: number, text: string): Delivery => ({
  kind: 'refused',
  why: { code, status, text },
});
