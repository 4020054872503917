import { type Browser, chromium } from 'playwright-core';
import { PARTS } from './parts.ts';

/** Keeps Chromium from asking for anything by itself. */
const QUIET = ['quic', 'background-networking', 'component-update', 'sync', 'gpu'].map((name) => `--disable-${name}`);

/**
 * Starts Chromium as its headless build: the same engine without the window, the menus and the processes that draw them, in a
 * third of the processor's time. Needs `chromium`; the caller closes it.
 */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: PARTS.chromium[0].file,
    args: ['--no-sandbox', '--no-first-run', ...QUIET],
  });
}
