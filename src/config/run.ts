import * as z from 'zod';
import { isZone } from '../model/instant.ts';
import { isCron } from './cron.ts';
import { anyHeaderName, doc, headerValue, name, unique } from './fields.ts';
import { duration } from './units.ts';

/** When `holdfast run` begins a cycle. */
export const schedule = z
  .strictObject({
    every: doc(duration('1d').optional(), "Between two cycles; the shortest lane's interval where nothing is said"),
    cron: doc(
      z
        .string()
        .refine(isCron, { error: 'is not a cron pattern: five fields, or six with seconds first' })
        .meta({ type: 'cron pattern' })
        .optional(),
      'Instead of `every`: times by the calendar',
    ),
    zone: doc(
      z
        .string()
        .refine(isZone, { error: 'is not a time zone, such as Europe/Berlin' })
        .meta({ type: 'time zone' })
        .default('UTC'),
      'The time zone of `cron`, and in which `status` shows instants beside UTC',
    ),
  })
  .refine(({ every, cron }) => every === undefined || cron === undefined, {
    error: 'is said twice: `every` or `cron`, not both',
    path: ['cron'],
  });

const hostPort = z
  .string()
  .regex(/^(?:[\w.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}$/, { error: 'is not a host and port, such as 127.0.0.1:8787' })
  .meta({ type: 'host and port' });

const hostName = z
  .string()
  .regex(/^[\w.-]+$/, { error: 'is not a host name, such as status.example.org' })
  .meta({ type: 'host' });

/** The resident process. */
export const run = z.strictObject({
  listen: doc(hostPort.default('127.0.0.1:8787'), 'Where the status page and the trigger are; port 0 takes any'),
  hosts: doc(
    z.array(hostName).default([]),
    'Host names it may be asked by, beside addresses and localhost: a page elsewhere cannot reach it by a name of its own',
  ),
  token: doc(
    z.string().min(1).optional(),
    'What `POST /trigger` must bring as `Authorization: Bearer`, as `env:NAME` or `file:PATH`; without it there is no trigger',
  ),
});

/** What `holdfast launch on` changes. */
export const launch = z.strictObject({
  every: doc(duration('10m').prefault('20s'), 'Interval of the hot lanes meanwhile, where theirs is longer'),
  hot: doc(duration('1d').prefault('10m'), 'A lane looked at more often than this is hot; the others are paused'),
});

/** An address that is a secret itself, or none. */
const hookUrl = z
  .string()
  .refine((text) => /^(env|file):/.test(text) || isHook(text), {
    error: 'is not an http(s) address without a password; one that is a secret stands as `env:NAME` or `file:PATH`',
  })
  .meta({ type: 'address' });

/** True for an address that may be called; a password in it would end up in logs on the way. */
export function isHook(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}

const webhook = z.strictObject({
  use: doc(
    z.literal('webhook'),
    'A POST of one JSON object: `subject`, `state` (`begins`, `ends`), `text`, `site`, `at`',
  ),
  name: doc(name.default('webhook'), 'What it is called in logs'),
  url: doc(hookUrl, 'Where it goes; as `env:NAME` or `file:PATH` where it is a secret'),
  headers: doc(
    z.record(anyHeaderName, headerValue).default({}),
    'Headers to send with it; a credential as `env:NAME` or `file:PATH`, whole value',
  ),
});

const command = z.strictObject({
  use: doc(z.literal('command'), 'A program that gets the same JSON object on its standard input'),
  name: doc(name.default('command'), 'What it is called in logs'),
  run: doc(
    z.array(z.string().min(1)).min(1),
    'The program and its arguments; no shell reads them. Of the environment it sees PATH, HOME, TZ, LANG, LC_ALL, TMPDIR, and no credential',
  ),
});

/** Who is told of trouble, once, and of its end. */
export const alerts = z
  .array(z.discriminatedUnion('use', [webhook, command]))
  .superRefine(unique('alert'))
  .default([]);

/** Pinged after each good cycle. */
export const heartbeat = hookUrl.optional();
