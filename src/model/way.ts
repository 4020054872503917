/** How far one stage of a run is, for whoever watches; the run itself never reads it. */
export interface Way {
  /** What of the stage is under way: the name of a lane or of a destination; '' where there is nothing to say. */
  what: string;
  done: number;
  /** How much there is to be done, as far as is known; it may grow. */
  total: number;
}

/** A stage that has not begun. */
export const noWay = (): Way => ({ what: '', done: 0, total: 0 });

/** So many more are known to be done, of what is named; nothing where nobody watches. */
export function expectMore(way: Way | undefined, what: string, more: number): void {
  if (way !== undefined) Object.assign(way, { what, total: way.total + more });
}

/** One more is done. */
export function advance(way: Way | undefined): void {
  if (way !== undefined) way.done += 1;
}
