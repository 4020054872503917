import { HoldfastError } from '../model/errors.ts';
import { shownInstant } from '../model/instant.ts';
import type { ReleaseFile } from '../model/manifest.ts';
import type { Cycle } from './cycle.ts';

/** True where a cycle is for an instant that has not come: names too are under embargo until then. */
export function isSecret<C extends Pick<Cycle, 'wish' | 'place'>>(
  cycle: C,
): cycle is C & { readonly wish: { readonly at: number } } {
  const { wish, place } = cycle;
  return wish.at !== undefined && wish.at > place.clock.now();
}

/** The words of an error may be those that are under embargo, and logs are read by others than editors: its code says enough. */
export function concealed({ code }: HoldfastError, at: number): HoldfastError {
  return new HoldfastError(code, `what is to go live at ${shownInstant(at)} cannot be made`, {
    hint: 'holdfast preview shows why',
  });
}

/** Whether a text names a file, or a folder of one, that is to be there and that nobody gets now. */
export function namesNew(text: string, files: readonly ReleaseFile[], live: readonly ReleaseFile[]): boolean {
  const known = new Set(live.flatMap(({ path }) => [...namesOf(path)]));
  return files.some(({ path }) => namesOf(path).some((name) => !known.has(name) && text.includes(name)));
}

/** `a`, `a/b` and `a/b/c.html` of `a/b/c.html`. */
function namesOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
