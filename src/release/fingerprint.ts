/** The last part of a name between `.` or `-` and its extension; `.min` and the like and `.map` belong to the extension. */
const LAST_PART = /[.-]([0-9A-Za-z]{8,64})(?:\.(?:min|module|chunk|bundle))?\.[0-9A-Za-z]{1,5}(?:\.map)?$/;
const HEX = /^(?:[0-9a-f]+|[0-9A-F]+)$/;
const CLASSES = [/[0-9]/, /[a-z]/, /[A-Z]/] as const;

/** A hash changes between digits and letters; `20240131a`, `e1612345678901` and `face2face` hardly do. */
const LEAST_HEX_CHANGES = 3;
/** Of neighbours in a random text of digits and letters of both cases 62 % are of different classes; in `MyHoliday2024`, a third. */
const LEAST_CHANGING_PART = 0.5;

/**
 * True for a name that a build tool made from the file's content: `app.3f2a9c1d77.js`, `index-BkX9zQ2a.css`. Such a file may be kept
 * for a year, so what could be anything else (a date, a version, a size, a word) is none; a hash that is missed only costs speed.
 */
export function isFingerprinted(path: string): boolean {
  const part = LAST_PART.exec(path)?.[1];
  if (part === undefined) return false;
  const changes = changesIn(part);
  if (HEX.test(part)) return changes >= LEAST_HEX_CHANGES;
  return CLASSES.every((pattern) => pattern.test(part)) && changes >= (part.length - 1) * LEAST_CHANGING_PART;
}

/** How often neighbours in `text` are of different classes. */
function changesIn(text: string): number {
  const classes = [...text].map((character) => CLASSES.findIndex((pattern) => pattern.test(character)));
  return classes.filter((one, index) => index > 0 && one !== classes[index - 1]).length;
}
