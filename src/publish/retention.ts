import type { ControlRecord } from './destination.ts';

/** Ids of the releases to keep when `live` goes live: it, and the `retain` newest others. */
export function retained(record: ControlRecord | undefined, live: string, retain: number): readonly string[] {
  const others = [record?.live, ...(record?.releases ?? [])].filter(
    (id): id is string => typeof id === 'string' && id !== live,
  );
  return [live, ...new Set(others)].slice(0, retain + 1);
}
