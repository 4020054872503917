/** Where a value stands in a configuration: keys and list positions from the top. */
export type FieldPath = readonly (string | number)[];

/** As people write it: `lanes[0].every`, `origin.headers["x-api-key"]`; the top itself is `the configuration`. */
export function writePath(path: FieldPath): string {
  if (path.length === 0) return 'the configuration';
  return path.map((key, index) => writeKey(key, index === 0)).join('');
}

function writeKey(key: string | number, first: boolean): string {
  if (typeof key === 'number') return `[${key}]`;
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `[${JSON.stringify(key)}]`;
  return first ? key : `.${key}`;
}

/** The value at `path`, or undefined where there is none. Own properties only. */
export function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce((inner: unknown, key) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined;
    return (inner as Record<string | number, unknown>)[key];
  }, value);
}

/** True for `{…}`: not a list, a date, a map or any other class's object. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object from another realm, such as a module loader's, has another Object.prototype with no parent either.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** True where `path` is `start` or lies below it. */
export function isUnder(path: FieldPath, start: FieldPath): boolean {
  return start.every((key, index) => path[index] === key);
}

const LONGEST_SHOWN = 60;

/** A value in one short line; objects, lists and functions by their kind only, so that nothing inside is printed. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return shorten(JSON.stringify(value));
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
}

const shorten = (text: string): string => (text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…"` : text);
