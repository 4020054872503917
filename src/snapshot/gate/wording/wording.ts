/** What a phrase tells of a page; `denied` and `login` pages were made private, the others are broken. */
export type PhraseKind =
  | 'database'
  | 'program'
  | 'maintenance'
  | 'gateway'
  | 'challenge'
  | 'hosting'
  | 'denied'
  | 'login';

/**
 * Phrases of one language by kind, one a line; `=` before a phrase marks one that must stand alone. Phrases name the
 * site or the software ("site is down for maintenance"), so that a lift out of order is no site out of order.
 */
export type Wording = Readonly<Partial<Record<PhraseKind, string>>>;
