/** Calls `stop` with the reason when the signal is aborted, unless the returned function was called before. */
export type AbortWatch = (signal: AbortSignal, stop: (reason: unknown) => void) => () => void;

interface Watched {
  readonly stops: Set<(reason: unknown) => void>;
  readonly listener: () => void;
}

/** One listener a signal however many wait on it: thousands of queued looks share one, and signals search their lists. */
export function createAbortWatch(): AbortWatch {
  const watched = new Map<AbortSignal, Watched>();

  const watch = (signal: AbortSignal): Watched => {
    const stops = new Set<(reason: unknown) => void>();
    const listener = () => {
      for (const stop of [...stops]) stop(signal.reason);
    };
    const created = { stops, listener };
    watched.set(signal, created);
    signal.addEventListener('abort', listener, { once: true });
    return created;
  };

  return (signal, stop) => {
    const { stops, listener } = watched.get(signal) ?? watch(signal);
    stops.add(stop);
    return () => {
      stops.delete(stop);
      if (stops.size > 0 || watched.get(signal)?.stops !== stops) return;
      watched.delete(signal);
      signal.removeEventListener('abort', listener);
    };
  };
}
