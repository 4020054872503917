import type { InboxConfig } from '../config/schema.ts';
import { type Fields, fieldOf, type ReadForm } from './fields.ts';
import { FILLED_FIELD, type Form, type Words } from './forms.ts';

/** Why a submission is neither passed on nor kept. */
export type Refusal =
  | 'elsewhere'
  | 'too-large'
  | 'type'
  | 'unreadable'
  | 'control'
  | 'honeypot'
  | 'too-quick'
  | 'missing'
  | 'too-many'
  | 'busy'
  | 'full'
  | 'away';

/** The status of each refusal. `busy`, `full` and `away` are ours to answer for, the rest the sender's. */
export const REFUSAL_STATUS: Readonly<Record<Refusal, number>> = {
  elsewhere: 403,
  'too-large': 413,
  type: 415,
  unreadable: 400,
  control: 400,
  honeypot: 400,
  'too-quick': 400,
  missing: 400,
  'too-many': 429,
  busy: 503,
  full: 503,
  away: 503,
};

/** Headers by which a browser says from where a form was sent. */
export interface Provenance {
  readonly origin: string | undefined;
  readonly referer: string | undefined;
}

/**
 * Whether a form was sent from a page of the site: `Origin` where the browser sent one, else `Referer`. A browser that hides where
 * it comes from says `null`, or nothing at all; then the other one has to do, and one of them must.
 */
export function isFromSite({ origin, referer }: Provenance, hosts: ReadonlySet<string>): boolean {
  const said = origin === undefined || origin === 'null' ? referer : origin;
  if (said === undefined || !URL.canParse(said)) return false;
  const { protocol, host } = new URL(said);
  return (protocol === 'http:' || protocol === 'https:') && hosts.has(host);
}

/** All but tab and line ends. */
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;
const LINE_END = /[\r\n]/;

/** What is wrong with a form that was read, undefined for nothing. What is only missing is the origin's to say, as long as it answers. */
export function refusalOf(
  form: ReadForm,
  read: Form['read'],
  config: Pick<InboxConfig, 'honeypot' | 'minimumFill'>,
): Refusal | undefined {
  if ('unreadable' in form) return form.unreadable === 'type' ? 'type' : 'unreadable';
  const { fields } = form;
  if (hasControl(fields, read(fields))) return 'control';
  if (config.honeypot !== undefined && fieldOf(fields, config.honeypot) !== '') return 'honeypot';
  return isTooQuick(fields, config.minimumFill) ? 'too-quick' : undefined;
}

/** What is one line in a form may come to stand in a header or in somebody's log. */
function hasControl(fields: Fields, { page, parent, author, email, url }: Words): boolean {
  const isOutOfLine = [page, parent, author, email, url].some((value) => LINE_END.test(value));
  return (
    isOutOfLine || fields.some(([name, value]) => CONTROL.test(value) || CONTROL.test(name) || LINE_END.test(name))
  );
}

function isTooQuick(fields: Fields, minimum: number | undefined): boolean {
  const filled = fieldOf(fields, FILLED_FIELD);
  return minimum !== undefined && /^\d{1,12}$/.test(filled) && Number(filled) < minimum;
}
