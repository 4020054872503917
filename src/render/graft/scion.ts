import type { Placement } from '../../config/placement.ts';
import type { Address } from '../../model/address.ts';
import type { ThreadPage } from '../../model/thread.ts';
import type { ThreadTemplates } from './template.ts';

/** Where a thread goes, and how it is shown; of the configuration. */
export interface GraftRules extends Placement {
  readonly timeZone: string;
  /** Of the site: how dates are written (BCP 47). */
  readonly language: string;
}

/** What is grafted. */
export interface Scion {
  readonly address: Address;
  readonly page: ThreadPage;
  /** The numbers of all pages of the thread. */
  readonly numbers: readonly number[];
  /** Comments in all. */
  readonly count: number;
  readonly rules: GraftRules;
  readonly templates: ThreadTemplates;
  /** True where the page says that it is UTF-8: else what is not ASCII is written as references. */
  readonly isUtf8: boolean;
}

/** What both templates know. */
export interface Context {
  readonly count: number;
  /** Class names of the list in the page: block themes have other ones than classic themes. */
  readonly list: string;
  /** True where the page has a form to answer with. */
  readonly answers: boolean;
  /** The number of the post, for WordPress's own script; '' where the page does not say. */
  readonly post: string;
  /** The time of the newest comment on the page. */
  readonly asOf: Time | undefined;
  /** Addresses of the pages beside this one. */
  readonly older: Address | undefined;
  readonly newer: Address | undefined;
  readonly number: number;
}

/** A time as templates know it. */
export interface Time {
  readonly iso: string;
  /** With its time zone. */
  readonly shown: string;
}

/** How times are written. */
export function clockOf({ language, timeZone }: Pick<GraftRules, 'language' | 'timeZone'>): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(language, {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZone,
    timeZoneName: 'short',
  });
}

/** `iso` in both forms. */
export function timeOf(iso: string, clock: Intl.DateTimeFormat): Time {
  return { iso, shown: clock.format(Date.parse(iso)) };
}
