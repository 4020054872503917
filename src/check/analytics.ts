import type { LoadedConfig } from '../config/load.ts';
import { siteOf } from '../cycle/workplace.ts';
import type { Address } from '../model/address.ts';
import { isHoldfastError } from '../model/errors.ts';
import { type Analytics, assertAnalytics, createAnalytics } from '../render/analytics/index.ts';
import { editPage } from '../render/edit.ts';
import { type Finding, findingsOf } from './finding.ts';
import type { Seen } from './look.ts';

interface Page {
  readonly address: Address;
  readonly bytes: Buffer;
}

/** Whether each page, edited as a publish would, carries each analytics once, and whether the origin put it there itself. */
export function checkAnalytics(seen: readonly Seen[], loaded: LoadedConfig): readonly Finding[] {
  const pages = seen.flatMap(pageOf);
  if (pages.length === 0) return [];
  const site = siteOf(loaded);
  return loaded.config.analytics.map(createAnalytics).flatMap((one) => {
    const missing = pages.flatMap((page) => {
      const context = { site, address: page.address, kind: 'page' as const, noindex: false, analytics: [one] };
      return problemOf({ ...page, bytes: editPage(page.bytes, { ...context, shortlink: () => undefined }) }, one);
    });
    const there = pages.filter((page) => problemOf(page, one).length === 0).length;
    const text = `${one.name} is in ${there} of ${pages.length} hot pages already${there < pages.length ? ', and is put into the others' : ''}`;
    return missing.length > 0 ? missing.map((problem) => find('fail', problem)) : [find('ok', text)];
  });
}

const find = findingsOf('analytics');

function pageOf({ address, result }: Seen): Page[] {
  if (isHoldfastError(result) || result.kind !== 'body') return [];
  return /html/i.test(result.headers.get('content-type') ?? '') ? [{ address, bytes: result.bytes }] : [];
}

function problemOf({ address, bytes }: Page, one: Analytics): string[] {
  try {
    assertAnalytics(bytes, [one], address);
    return [];
  } catch (error) {
    if (isHoldfastError(error, 'analytics-missing')) return [error.message];
    throw error;
  }
}
