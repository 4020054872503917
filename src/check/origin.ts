import type { LoadedConfig } from '../config/load.ts';
import { type HoldfastError, isHoldfastError } from '../model/errors.ts';
import { readPolicy } from '../model/policy.ts';
import type { Answer, AnswerHeaders } from '../origin/client.ts';
import { createAnalytics } from '../render/analytics/index.ts';
import { NOT_IN_A_PAGE } from '../render/policy-sent.ts';
import type { Stamp } from './clock.ts';
import { count, type Find, type Finding, findingsOf } from './finding.ts';
import type { Seen } from './look.ts';

/** From this part of the deadline on, the day everybody comes would see looks fail. */
export const SLOW_PART = 0.25;

interface Answered extends Seen {
  readonly result: Answer;
}

type WithHeaders = Answered & { readonly result: { readonly headers: AnswerHeaders } };

/** What the origin's answers tell: that it answers, how fast, what pages can be known by, its policy and cookies. */
export function checkOrigin(seen: readonly Seen[], { config }: LoadedConfig): readonly Finding[] {
  const answered = seen.filter((one): one is Answered => !isHoldfastError(one.result));
  const [failed] = seen.flatMap(({ result }) => (isHoldfastError(result) ? [result] : []));
  if (answered.length === 0) return failed === undefined ? [] : [unreachable(config.origin.url, failed)];
  const told = answered.filter((one): one is WithHeaders => 'headers' in one.result);
  return [
    speed(config.origin.url, answered, config.origin.deadline),
    ...validators(told),
    ...policy(told, config),
    ...cookies(told),
  ];
}

const find: Find = findingsOf('origin');

function unreachable(url: string, error: HoldfastError): Finding {
  return find('fail', `${url} cannot be looked at: ${error.message}`, error.hint);
}

function speed(url: string, answered: readonly Answered[], deadline: number): Finding {
  const times = answered.map(({ asked, answered: at }) => Math.max(0, at - asked)).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] ?? 0;
  const slowest = times.at(-1) ?? 0;
  const text = `${url} answers in ${median} ms${times.length > 1 ? `, at most ${slowest} ms (${count(times.length, 'page')})` : ''}`;
  if (slowest < deadline * SLOW_PART) return find('ok', text);
  return find('warn', text, `a look is given up after ${deadline / 1000} s (origin.deadline)`);
}

function validators(told: readonly WithHeaders[]): Finding[] {
  const bodies = told.filter(({ result }) => result.kind === 'body');
  if (bodies.length === 0) return [];
  const groups = new Map<string, number>();
  for (const { result } of bodies) {
    const kind = result.headers.get('etag') ? 'ETag' : result.headers.get('last-modified') ? 'Last-Modified' : 'none';
    groups.set(kind, (groups.get(kind) ?? 0) + 1);
  }
  const parts = [...groups].map(([kind, number]) =>
    kind === 'none' ? `${number} without a validator, known by the hash` : `${number} with ${kind}`,
  );
  return [find('ok', `unchanged pages are told by: ${parts.join(', ')}`)];
}

function policy(told: readonly WithHeaders[], config: LoadedConfig['config']): Finding[] {
  const pages = told.flatMap(({ address, result }) => {
    const header = result.kind === 'body' ? result.headers.get('content-security-policy') : undefined;
    return header === undefined ? [] : [{ address, header }];
  });
  if (pages.length === 0) return [];
  const headers = pages.map(({ header }) => header);
  const lost = NOT_IN_A_PAGE.filter((name) =>
    headers.some((one) => one.split(',').some((part) => readPolicy(part).has(name))),
  );
  const hint = lost.length === 0 ? undefined : `${lost.join(', ')} works in headers only: set it at the web server`;
  const text = `${count(pages.length, 'page')} sent with a Content-Security-Policy (${pages[0]?.address}), which goes into each page`;
  return [find('ok', text, hint), ...strict(headers, config)];
}

/** Where scripts are let in by nonce or hash alone, no address of ours is. */
function strict(headers: readonly string[], config: LoadedConfig['config']): Finding[] {
  if (!headers.some((header) => /'strict-dynamic'/i.test(header))) return [];
  const hint = "leave 'strict-dynamic' out of it, or put the analytics into the origin's own pages";
  return config.analytics
    .map(createAnalytics)
    .filter(({ sources }) => sources.script.length > 0)
    .map(({ name }) => find('warn', `that Content-Security-Policy does not let ${name} load`, hint));
}

function cookies(told: readonly WithHeaders[]): Finding[] {
  const setting = told.filter(({ result }) => result.headers.setCookies.length > 0);
  const names = new Set(
    setting.flatMap(({ result }) => result.headers.setCookies.map((cookie) => cookie.split('=', 1)[0]?.trim() ?? '')),
  );
  if (names.size === 0) return [];
  const text = `${count(setting.length, 'page')} set the cookie ${[...names].join(', ')}`;
  return [
    find('warn', text, 'cookies are neither kept nor sent; a page that is made for one visitor is refused by the gate'),
  ];
}

/** Times that its answers told; one that a cache gave is older than it says. */
export function stampsOf(seen: readonly Seen[]): readonly Stamp[] {
  return seen.flatMap(({ asked, answered, result }) => {
    if (isHoldfastError(result) || !('headers' in result)) return [];
    const { headers } = result;
    return headers.date === undefined || headers.get('age') !== undefined
      ? []
      : [{ date: headers.date, asked, answered }];
  });
}
