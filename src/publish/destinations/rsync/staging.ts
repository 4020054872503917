import { mkdir, rm } from 'node:fs/promises';
import { asUnwritable, isAbsent, systemCode } from '../../../store/files.ts';
import { countIn } from '../layout/disk.ts';

/** A folder here for what is to be sent, while a transfer is open and no longer. */
export interface Staging {
  readonly at: string;
  /** Makes it, where it is not there. */
  make(): Promise<void>;
  /** How many files, folders and links are in it. */
  count(): Promise<number>;
  /** Removes it: what a killed run left, or what a transfer is done with. */
  clear(): Promise<void>;
  /** Gives what `work` gives; what the disk here refuses it is `state-unwritable`. */
  guard<T>(work: () => Promise<T>): Promise<T>;
}

/** Makes nothing yet. */
export function createStaging(at: string): Staging {
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw /^E[A-Z0-9]+$/.test(systemCode(error)) ? asUnwritable(at, error) : error;
    }
  };
  return {
    at,
    guard,
    make: () => guard(async () => void (await mkdir(at, { recursive: true }))),
    count: () =>
      guard(() =>
        countIn(at).catch((error: unknown) => {
          if (isAbsent(error)) return 0;
          throw error;
        }),
      ),
    clear: () => guard(() => rm(at, { recursive: true, force: true })),
  };
}
