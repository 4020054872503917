import { HoldfastError } from '../model/errors.ts';

/** Throws `usage` for a `--to` that names no destination. */
export function assertDestination(to: string | undefined, destinations: readonly { name: string }[]): void {
  if (to === undefined || destinations.some(({ name }) => name === to)) return;
  throw new HoldfastError('usage', `--to ${to}: there is no such destination`, {
    hint: `there is ${destinations.map(({ name }) => name).join(', ')}`,
  });
}
