import type { AnalyticsConfig } from '../../config/schema.ts';
import { createPixel } from './pixel.ts';
import { createPlausible } from './plausible.ts';
import type { Analytics } from './port.ts';

export { assertAnalytics } from './assert.ts';
export type { Analytics, Markup, PageFacts, PageKind, PageTag } from './port.ts';

/** The driver that an entry of `analytics` in the configuration names. */
export function createAnalytics(config: AnalyticsConfig): Analytics {
  switch (config.use) {
    case 'plausible':
      return createPlausible(config);
    case 'pixel':
      return createPixel();
  }
}
