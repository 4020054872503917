import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { asHoldfastError } from '../model/errors.ts';
import type { Draft, Drafts } from './draft.ts';
import { type Hub, openHub, type Trouble } from './hub.ts';
import { type Play, QUIET_DAY } from './play.ts';

/** What the preview shows now; open pages hear of each change. */
export interface Showing {
  /** The last that could be made; undefined before the first. */
  readonly draft: Draft | undefined;
  readonly trouble: Trouble | null;
  readonly play: Play;
  readonly hub: Hub;
  /** Names the draft: a page that was made of another is an old one. */
  readonly version: string;
  /** A page that was made of the draft `version` listens from now on. */
  listen(response: ServerResponse, version: string | null): void;
  setPlay(play: Play): void;
  /** Something that only starting again puts right. */
  setStale(trouble: Trouble): void;
  /** Makes the draft anew; one that is under way is followed by another. Resolves when it shows. */
  refresh(signal: AbortSignal): Promise<void>;
}

export function openShowing(drafts: Drafts): Showing {
  const hub = openHub();
  let draft: Draft | undefined;
  let trouble: Trouble | null = null;
  let stale: Trouble | null = null;
  let play = QUIET_DAY;
  let queue: Promise<void> = Promise.resolve();
  let isQueued = false;
  let drafted = 0;
  // A page that is told what it missed may show one that went away meanwhile.
  const everShown = new Set<string>();
  const run = randomUUID();
  const version = (): string => `${run}-${drafted}`;
  const setTrouble = (next: Trouble | null): void => {
    if (next?.text === trouble?.text) return;
    trouble = next;
    hub.tell('trouble', next ?? stale);
  };
  const make = async (signal: AbortSignal): Promise<void> => {
    isQueued = false;
    if (signal.aborted) return;
    try {
      const next = await drafts.make(signal);
      const files = differing(draft, next);
      draft = next;
      drafted += 1;
      for (const path of next.hashes.keys()) everShown.add(path);
      setTrouble(troubleOf(next));
      if (files.length > 0) hub.tell('changed', { files });
    } catch (error) {
      if (signal.aborted) return;
      const { message, hint = '' } = asHoldfastError(error);
      setTrouble({ text: message, hint });
    }
  };
  return {
    get draft() {
      return draft;
    },
    get trouble() {
      return trouble ?? stale;
    },
    get play() {
      return play;
    },
    hub,
    get version() {
      return version();
    },
    listen(response, seen) {
      const files = [...everShown];
      hub.listen(response, {
        ...(seen === version() ? {} : { changed: { files } }),
        ...((trouble ?? stale) === null ? {} : { trouble: trouble ?? stale }),
      });
    },
    setPlay(next) {
      play = next;
      hub.tell('play', next);
    },
    setStale(next) {
      stale = next;
      hub.tell('trouble', trouble ?? next);
    },
    refresh(signal) {
      if (!isQueued) queue = queue.then(() => make(signal));
      isQueued = true;
      return queue;
    },
  };
}

/** Files that differ from those of the draft before. */
function differing(before: Draft | undefined, { hashes }: Draft): readonly string[] {
  const old = before?.hashes ?? new Map<string, string>();
  const paths = new Set([...old.keys(), ...hashes.keys()]);
  return [...paths].filter((path) => old.get(path) !== hashes.get(path));
}

/** A page that would fail the publish by itself, though all of them were composed. */
function troubleOf({ written }: Draft): Trouble | null {
  const problem = written.find((page) => page.problem !== undefined)?.problem;
  return problem === undefined ? null : { text: problem.message, hint: problem.hint ?? '' };
}
