import type { Browser, BrowserContext, Page, Route } from 'playwright-core';
import { launchBrowser } from '../../support/browser.ts';
import { PICTURE, READ, SETTLE } from './in-page.ts';

/** One picture of a whole long page is slow, and Chromium loses parts of it: it is painted as a visitor scrolls. */
const WINDOW_HEIGHT = 800;
/** The announcement has 400 windows; of these so many are painted, the first and the last too. Where everything stands is read for all of it. */
const MAX_WINDOWS = 8;

/** A page as a visitor sees it. */
export interface Sight {
  readonly status: number;
  /** Of the whole page, in CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly text: string;
  /** A line an element that takes up room: its place, size, colours and letters. */
  readonly boxes: readonly string[];
  /** `href` of every anchor, as it stands in the document once its scripts have run. */
  readonly links: readonly string[];
  /** Pictures that did not load. */
  readonly broken: readonly string[];
  /** Painted, from the top; by the offset of their upper edge. PNG. */
  readonly windows: ReadonlyMap<number, Buffer>;
  /** Every address the page asked for. */
  readonly requests: readonly string[];
  /** Errors on the console, with the site's own address left out. */
  readonly errors: readonly string[];
}

/** A headless Chromium, with the whole world but one site replaced by the same stubs. */
export interface Eyes {
  look(site: string, path: string, width: number): Promise<Sight>;
  /** Pixels in which two painted windows differ. */
  differing(one: Buffer, other: Buffer): Promise<number>;
  close(): Promise<void>;
}

/** Starts Chromium. */
export async function openEyes(): Promise<Eyes> {
  const browser = await launchBrowser();
  return {
    look: (site, path, width) => look(browser, { site, path, width }),
    differing: (one, other) => differing(browser, one, other),
    close: () => browser.close(),
  };
}

interface Where {
  readonly site: string;
  readonly path: string;
  readonly width: number;
}

async function look(browser: Browser, { site, path, width }: Where): Promise<Sight> {
  const context = await browser.newContext({ viewport: { width, height: WINDOW_HEIGHT }, reducedMotion: 'reduce' });
  try {
    await stubTheWorld(context, site);
    const page = await context.newPage();
    const { requests, errors } = listen(page, site);
    const response = await page.goto(site + path, { waitUntil: 'load' });
    await page.evaluate(SETTLE);
    const read = await page.evaluate<Pick<Sight, 'width' | 'height' | 'text' | 'boxes' | 'links' | 'broken'>>(READ);
    return { ...read, status: response?.status() ?? 0, windows: await paint(page, read.height), requests, errors };
  } finally {
    await context.close();
  }
}

/** No other host is asked: a picture is always the same one, a script is empty. */
async function stubTheWorld(context: BrowserContext, site: string): Promise<void> {
  const { host } = new URL(site);
  const stub = (route: Route) =>
    route.request().resourceType() === 'image'
      ? route.fulfill({ contentType: 'image/png', body: PICTURE })
      : route.fulfill({ contentType: 'text/javascript', body: '' });
  await context.route((url) => url.host !== host && url.protocol.startsWith('http'), stub);
}

function listen(page: Page, site: string): { requests: string[]; errors: string[] } {
  const requests: string[] = [];
  const errors: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', ({ message }) => errors.push(message.replaceAll(site, '')));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${message.text()} ${message.location().url}`.replaceAll(site, ''));
  });
  return { requests, errors };
}

async function paint(page: Page, height: number): Promise<ReadonlyMap<number, Buffer>> {
  const windows = new Map<number, Buffer>();
  for (const top of offsets(height)) {
    await page.evaluate(`scrollTo({ top: ${top}, behavior: 'instant' })`);
    windows.set(top, await page.screenshot({ animations: 'disabled' }));
  }
  return windows;
}

function offsets(height: number): readonly number[] {
  const count = Math.min(MAX_WINDOWS, Math.ceil(height / WINDOW_HEIGHT));
  const last = Math.max(0, height - WINDOW_HEIGHT);
  return Array.from({ length: count }, (_, index) => Math.round((last * index) / Math.max(1, count - 1)));
}

/** The same bytes are the same pixels; others are unpacked by the browser, which can. */
async function differing(browser: Browser, one: Buffer, other: Buffer): Promise<number> {
  if (one.equals(other)) return 0;
  const page = await browser.newPage();
  try {
    const [a, b] = [one, other].map((png) => JSON.stringify(`data:image/png;base64,${png.toString('base64')}`));
    return await page.evaluate<number>(`(async () => {
      const pixels = async (address) => {
        const image = new Image();
        image.src = address;
        await image.decode();
        const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
        canvas.drawImage(image, 0, 0);
        return new Uint32Array(canvas.getImageData(0, 0, image.width, image.height).data.buffer);
      };
      const [one, other] = await Promise.all([pixels(${a}), pixels(${b})]);
      return Math.abs(one.length - other.length) + one.reduce((count, pixel, at) => count + (pixel === other[at] ? 0 : 1), 0);
    })()`);
  } finally {
    await page.close();
  }
}
