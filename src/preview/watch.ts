import { watch } from 'chokidar';

/** An editor writes a file in several steps; what is read before the last of them would be half of it. */
const QUIET_MS = 20;

export interface Watching {
  /** Files and folders, absolute; they need not be there yet. */
  readonly paths: readonly string[];
  /** Called with the paths that changed, once all is quiet for a moment. */
  readonly changed: (paths: ReadonlySet<string>) => void;
}

/** Watches until `signal`; resolves once nothing that changes from now on is missed. */
export async function watchPaths({ paths, changed }: Watching, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const watcher = watch([...paths], { ignoreInitial: true });
  let waiting = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  watcher.on('all', (_event, path) => {
    waiting.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const seen = waiting;
      waiting = new Set();
      changed(seen);
    }, QUIET_MS);
  });
  // A folder that cannot be watched is no reason to end: the pages are shown, and a reload by hand shows what is new.
  watcher.on('error', () => {});
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    void watcher.close();
  });
  await new Promise<void>((resolve) => {
    watcher.once('ready', resolve);
    signal.addEventListener('abort', () => resolve());
  });
}
