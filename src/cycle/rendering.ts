import type { LoadedConfig } from '../config/load.ts';
import { addressOfFile } from '../model/address.ts';
import { isHoldfastError } from '../model/errors.ts';
import type { ReleaseFile } from '../model/manifest.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { ComposeOptions } from '../render/compose.ts';
import type { StoredPage } from '../render/composed.ts';
import { aheadOf, render } from '../render/render.ts';
import type { Waiting } from '../render/waiting.ts';
import { warn } from '../snapshot/context.ts';
import { graftsOf } from './comments.ts';
import type { Cycle } from './cycle.ts';
import { readPiece } from './pieces.ts';
import { lookAgainFor } from './repair.ts';
import { type Said, saidBeside } from './said.ts';
import { concealed, isSecret } from './secret.ts';
import { valuesNow, warnOfValues } from './values.ts';
import { PACKAGE_ROOT, type Workplace } from './workplace.ts';

/** Every file of the release, composed and captured; captured bytes that the disk lost are asked for again first. */
export async function renderAll(
  cycle: Cycle,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<readonly ReleaseFile[]> {
  try {
    return await renderFiles(cycle, snapshot, signal);
  } catch (error) {
    if (!isHoldfastError(error) || !isSecret(cycle)) throw error;
    throw concealed(error, cycle.wish.at);
  }
}

async function renderFiles(cycle: Cycle, snapshot: Snapshot, signal: AbortSignal): Promise<readonly ReleaseFile[]> {
  const { place, report, wish } = cycle;
  const composed = await composeAll(place, { snapshot, at: wish.at ?? place.clock.now() }, signal);
  const isAhead = wish.at !== undefined;
  const journal = isAhead ? { rendered: aheadOf(place.rendered) } : {};
  const context = { ...place, ...journal, grafts: await graftsOf(place), ...(await waitingOf(place)) };
  const rendered = await place.memory.recall(isAhead ? 'rendered files ahead' : 'rendered files', {
    from: [snapshot, composed, JSON.stringify([...context.grafts]), JSON.stringify(context.waiting)],
    make: async () => {
      const first = await render(context, snapshot, composed, report.way.render);
      if (first.lost.length === 0) return first;
      await lookAgainFor(cycle, first.lost, signal);
      return render(context, snapshot, composed, report.way.render);
    },
    isSound: ({ lost }) => lost.length === 0,
  });
  warnOfValues(report.tally, await valuesNow(place, signal));
  // Names too are under embargo until then; a cycle after it tells the same.
  if (!isSecret(cycle)) {
    for (const { path, text } of rendered.collisions) warn(report.tally, 'name-collision', path, text);
    for (const { path, lacks } of rendered.lacking)
      warn(report.tally, 'comments-misplaced', addressOfFile(path), LACKS[lacks]);
  }
  report.collisions = rendered.collisions.length;
  return rendered.files;
}

/** What goes into pages with a comment form, where there is an inbox to receive it. */
async function waitingOf(loaded: LoadedConfig): Promise<{ readonly waiting?: Waiting }> {
  const { inbox } = loaded.config;
  if (inbox === undefined) return {};
  const script = await readPiece(loaded, 'waiting.js');
  return {
    waiting: { script, paths: inbox.forms.map(({ path }) => path), timed: inbox.minimumFill !== undefined },
  };
}

/** What is said of a page that lacks something. */
const LACKS = {
  thread: 'has no place for its comments (`into`, `before`): it is published as it was captured',
  counts: 'shows nowhere how many comments there are (`counts`)',
} as const;

/** The composed pages; Eleventy starts only when their words, their templates or the hot pages' titles changed. */
export async function composeAll(
  place: Workplace,
  { snapshot, at }: Composing,
  signal: AbortSignal,
): Promise<readonly StoredPage[]> {
  const said = await saidBeside(place, place.threads, signal);
  return place.composed.pages(composeOptions(place, { snapshot, said, at }, signal));
}

/** What composed pages are made of, and for when. */
export interface Composing {
  readonly snapshot: Snapshot;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly said?: Said;
}

/** Where composed pages come from, and what their templates know. */
export function composeOptions(
  { root, config, environment }: LoadedConfig,
  { snapshot, at, said = {} }: Composing,
  signal: AbortSignal,
): ComposeOptions {
  const { name, url, language } = config.site;
  const pages: { address: string; title: string }[] = [];
  for (const { address, title } of snapshot.pages()) if (title !== undefined) pages.push({ address, title });
  return {
    root,
    templates: config.compose.templates,
    content: config.compose.content,
    fallback: PACKAGE_ROOT,
    tiny: config.edge.for.includes('alb'),
    at,
    data: { site: { name, url, language }, environment, pages, ...said },
    signal,
  };
}
