/** Limits of one request, in milliseconds. */
export interface TimeLimits {
  readonly deadline: number;
  readonly idle: number;
}

/** Watches one request: calls `bark` once when it is over its deadline, or silent for too long once bytes flow. */
export interface Watchdog {
  /** Bytes came, or somebody else was the slow one: silence is counted from now. */
  touch(): void;
  /** Silence is not counted until the next touch: it is we who are not reading. */
  hold(): void;
  stop(): void;
}

/**
 * Silence is counted from the first `touch` on: before the first byte only the deadline holds, as slow sites think for long.
 * Uses real time and one timer a request in the usual case, re-armed only when it fires early.
 */
export function createWatchdog(limits: TimeLimits, bark: (how: string) => void): Watchdog {
  const end = performance.now() + limits.deadline;
  let silentSince = Number.POSITIVE_INFINITY;
  let stopped = false;
  let timer = setTimeout(expire, Math.min(limits.deadline, limits.idle));

  function expire(): void {
    // Bytes may wait unread while this process was busy; they are read before this runs.
    setImmediate(check);
  }

  function check(): void {
    if (stopped) return;
    const now = performance.now();
    if (now >= end) bark(`not done after ${limits.deadline} ms`);
    else if (now - silentSince >= limits.idle) bark(`silent for ${limits.idle} ms within the answer`);
    else timer = setTimeout(expire, Math.max(1, Math.min(end - now, limits.idle - Math.max(0, now - silentSince))));
  }

  return {
    touch: () => {
      silentSince = performance.now();
    },
    hold: () => {
      silentSince = Number.POSITIVE_INFINITY;
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
