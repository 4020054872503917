/** A range of a page's text and the ASCII that takes its place; `start === end` inserts. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text with the edits made; each byte outside of them stays. They may come in any order but must not overlap; inserts come before what is replaced at their place, in the order given. */
export function splice(text: string, edits: readonly Edit[]): string {
  let spliced = '';
  let done = 0;
  for (const edit of edits.toSorted((one, other) => one.start - other.start || one.end - other.end)) {
    spliced += text.slice(done, edit.start) + edit.text;
    done = edit.end;
  }
  return done === 0 && spliced === '' ? text : spliced + text.slice(done);
}
