import { type FieldPath, isPlainObject } from './path.ts';

/** `base` with `overlay` laid over it: objects merge, lists and everything else replace. Neither is changed. */
export function overlay(base: unknown, over: unknown): unknown {
  if (!isPlainObject(base) || !isPlainObject(over)) return over;
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    if (value !== undefined) merged.set(key, merged.has(key) ? overlay(merged.get(key), value) : value);
  }
  return Object.fromEntries(merged);
}

/** True where the merged value at `path` was written in `over`: there itself, or inside a list or value it replaced. */
export function comesFrom(over: unknown, path: FieldPath): boolean {
  let inner = over;
  for (const key of path) {
    if (Array.isArray(inner)) return true;
    if (!isPlainObject(inner) || !Object.hasOwn(inner, key)) return false;
    inner = inner[key];
  }
  return true;
}
