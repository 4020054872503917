import type { AnalyticsConfig } from '../../config/schema.ts';
import { createCustom } from './custom.ts';
import { createGa4 } from './ga4.ts';
import { createGoatCounter } from './goatcounter.ts';
import { createMatomo } from './matomo.ts';
import { createNoscriptPixel, createPixel } from './pixel.ts';
import { createPlausible } from './plausible.ts';
import type { Analytics, PageKind } from './port.ts';
import { createUmami } from './umami.ts';

export { assertAnalytics } from './assert.ts';
export type { Analytics, Markup, PageFacts, PageKind, PageTag, Sources, Unscripted } from './port.ts';

/** What counts the visitors of a page; on a holding page a pixel too, for browsers without scripts, where nothing else has one. */
export function analyticsFor(configs: readonly AnalyticsConfig[], kind: PageKind): readonly Analytics[] {
  const analytics = configs.map(createAnalytics);
  const hasPixel = analytics.length === 0 || configs.some(({ use }) => use === 'pixel');
  return kind !== 'holding' || hasPixel ? analytics : [...analytics, createNoscriptPixel()];
}

/** The driver that an entry of `analytics` in the configuration names. */
export function createAnalytics(config: AnalyticsConfig): Analytics {
  switch (config.use) {
    case 'plausible':
      return createPlausible(config);
    case 'matomo':
      return createMatomo(config);
    case 'goatcounter':
      return createGoatCounter(config);
    case 'umami':
      return createUmami(config);
    case 'ga4':
      return createGa4(config);
    case 'pixel':
      return createPixel();
    case 'custom':
      return createCustom(config);
  }
}
