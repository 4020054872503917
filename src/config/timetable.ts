import * as z from 'zod';
import { NOT_AN_INSTANT, parseInstant } from '../model/instant.ts';
import { doc } from './fields.ts';
import { duration } from './units.ts';

const THEN = /^(?:publish|hold [a-z0-9][a-z0-9-]{0,39}|launch (?:on|off))$/;
const NOT_KNOWN = 'is not known: there are "publish", "hold NAME", "hold off", "launch on", "launch off"';

const instant = z
  .string({ error: NOT_AN_INSTANT })
  .refine((text) => parseInstant(text) !== undefined, { error: NOT_AN_INSTANT, abort: true })
  .meta({ type: 'instant' })
  .transform((text) => parseInstant(text) ?? Number.NaN);

const entry = z
  .strictObject({
    at: doc(
      instant,
      'When, with offset or zone: `2027-02-02T09:00:00Z`, `2027-02-02T10:00+01:00`, `2027-02-02T10:00[Europe/Berlin]`',
    ),
    then: doc(
      z.string().regex(THEN, { error: NOT_KNOWN }).meta({ type: 'what to do' }),
      '`publish` (what is written goes live at that very second), `hold NAME`, `hold off`, `launch on`, `launch off`',
    ),
    for: doc(duration('2d').optional(), 'With `launch on`: how long it stays on, counted from `at`'),
  })
  .refine((value) => (value.then === 'launch on') === (value.for !== undefined), {
    error: 'goes with `launch on`, which needs it: `for: "3h"`',
    path: ['for'],
  });

/** What is done at its second by `holdfast run`, and by a `publish` as soon as one comes. */
export const timetable = z.array(entry).default([]);
