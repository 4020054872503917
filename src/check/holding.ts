import type { LoadedConfig } from '../config/load.ts';
import { holdingPagesNow } from '../cycle/edge.ts';
import { NOT_KEPT } from '../edge/decide.ts';
import { asHoldfastError } from '../model/errors.ts';
import type { PublishedHolding } from '../render/holding-jobs.ts';
import { LIMITS, limitsFor, responseSize } from '../render/limits.ts';
import { type Finding, findingsOf } from './finding.ts';

/** The holding pages as a publish would make them now, held to the limits of what stands in front, and those the configuration names. Writes nothing. */
export async function checkHolding(loaded: LoadedConfig, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    return judgeHolding(await holdingPagesNow(loaded, signal), loaded.config);
  } catch (error) {
    signal.throwIfAborted();
    const { message, hint } = asHoldfastError(error);
    return [findingsOf('holding')('fail', message, hint)];
  }
}

/** Pure. */
export function judgeHolding(
  pages: readonly Pick<PublishedHolding, 'name' | 'html'>[],
  { edge, inbox }: Pick<LoadedConfig['config'], 'edge' | 'inbox'>,
): readonly Finding[] {
  const find = findingsOf('holding');
  const names = pages.map(({ name }) => name);
  const needed = [
    { name: edge.holding, what: 'edge.holding names it' },
    ...(inbox === undefined ? [] : [{ name: NOT_KEPT, what: 'the inbox shows it where it cannot keep a comment' }]),
  ];
  const hint = 'write it in content/holding, or take away what stands in its place';
  return [
    ...limitsFor(edge.for).flatMap((limit) => {
      const [largest] = pages
        .map(({ name, html }) => ({ name, size: responseSize(html, limit.measure) }))
        .sort((a, b) => b.size - a.size);
      if (largest === undefined) return [];
      const what = limit === LIMITS.any ? `${names.join(', ')}: ` : '';
      const { name, size } = largest;
      return [
        find(
          'ok',
          `${what}the largest, ${name}, is ${kilobytes(size)} ${limit.measure} of ${kilobytes(limit.bytes)} (${limit.name})`,
        ),
      ];
    }),
    ...needed
      .filter(({ name }) => !names.includes(name))
      .map(({ name, what }) => find('fail', `there is no holding page ${name}: ${what}`, hint)),
  ];
}

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`;
