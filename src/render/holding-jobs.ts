import { hash } from 'node:crypto';
import { addressOfFile } from '../model/address.ts';
import { HOLDING_FACTS_PATH, type HoldingFacts, TINY_FOLDER } from '../model/holding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { createPixel } from './analytics/pixel.ts';
import { edited, type Job, type JobContext, keyOf, openWorkbench, type Workbench } from './bench.ts';
import type { StoredPage } from './composed.ts';
import { assertContained } from './contained.ts';
import { holdingFacts } from './holding.ts';
import { assertFits, assertTiny, isTiny, limitsFor, TINY } from './limits.ts';
/** A holding page as it is published; it takes nothing of the state but what the snapshot says. */
export interface PublishedHolding extends HoldingFacts {
  readonly html: Buffer;
  /** Its smallest form, where a balancer that wants it is among `edge.for`. */
  readonly tiny?: Buffer;
}

/** The holding pages among `composed`, as a release would have them. Throws `analytics-missing` and `template-broken`. */
export async function holdingPages(
  context: JobContext,
  snapshot: Snapshot,
  composed: readonly StoredPage[],
): Promise<readonly PublishedHolding[]> {
  const bench = openWorkbench(context, snapshot);
  const facts = new Map(holdingFacts(composed).map((one) => [one.path, one]));
  const pages = composed.map(async (page) => {
    const known = facts.get(page.path);
    if (known === undefined) return [];
    const tiny = composed.find(({ path }) => path === `${TINY_FOLDER}${known.name}.html`);
    const html = await holdingJob(bench, page).render();
    return [{ ...known, html, ...(tiny === undefined ? {} : { tiny: await tinyPage(bench, tiny) }) }];
  });
  return (await Promise.all(pages)).flat();
}

/** One file that asks for nothing but its analytics, and fits wherever it is to be served from. */
export function holdingJob(bench: Workbench, { path, html, front, body }: StoredPage): Job<Buffer> {
  const limits = limitsFor(bench.context.config.edge.for);
  const { name = path } = front;
  return {
    path,
    kind: 'holding',
    type: 'text/html; charset=utf-8',
    key: keyOf(bench, body.sha256, 'holding', name, ...limits.map(({ bytes }) => String(bytes))),
    effort: 'best',
    render: async () => {
      const written = await html();
      assertContained(written, path);
      const page = await edited(bench, written, {
        path,
        address: addressOfFile(path),
        kind: 'holding',
        name,
        policy: 'own',
      });
      assertFits(page, path, limits);
      return page;
    },
  };
}

/** The smallest form of a holding page: made and held to its limit with the release, and no file of it. */
export function tinyJob(bench: Workbench, page: StoredPage): Job {
  return {
    path: page.path,
    kind: 'internal',
    type: 'text/html; charset=utf-8',
    key: keyOf(bench, page.body.sha256, 'tiny', String(TINY.characters)),
    effort: 'fast',
    render: () => tinyPage(bench, page),
  };
}

/** With what counts visitors, or with the pixel alone where that is all that fits; with its policy where that fits too. */
async function tinyPage(bench: Workbench, { path, html }: StoredPage): Promise<Buffer> {
  const name = path.slice(TINY_FOLDER.length).replace(/\.html$/, '');
  const written = await html();
  assertContained(written, path);
  const facts = { path, address: addressOfFile(path), kind: 'holding', name } as const;
  const counted = bench.analytics.length === 0 ? [] : [{ ...bench, holdingAnalytics: [createPixel()] }];
  let page = written;
  for (const one of [bench, ...counted]) {
    for (const policy of ['own', undefined] as const) {
      page = await edited(one, written, { ...facts, policy });
      if (isTiny(page)) return page;
    }
  }
  return fitting(page, path);
}

function fitting(page: Buffer, path: string): Buffer {
  assertTiny(page, path);
  return page;
}

/** For what serves the release without the configuration at hand; `internal` files are put nowhere, so it is an asset. */
export function holdingFactsJob(bench: Workbench, composed: readonly StoredPage[]): Job {
  const text = `${JSON.stringify({ format: 1, pages: holdingFacts(composed) }, null, 2)}\n`;
  return factsJob(bench, HOLDING_FACTS_PATH, text);
}

/** What is to be read afresh each time, by scripts or servers. */
export function factsJob(bench: Workbench, path: string, text: string): Job {
  return {
    path,
    kind: 'asset',
    type: 'application/json',
    key: keyOf(bench, hash('sha256', text), 'facts'),
    effort: 'fast',
    headers: { 'cache-control': 'no-store' },
    render: async () => Buffer.from(text),
  };
}
