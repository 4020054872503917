import { HoldfastError } from '../model/errors.ts';

/** What `find` gives; throws `config-invalid` where the selector that it was given is none. Selectors are read where they are used: what reads them takes a while to load. */
export function bySelector<T>(selector: string, find: () => T): T {
  try {
    return find();
  } catch (cause) {
    throw new HoldfastError('config-invalid', `comments: ${JSON.stringify(selector)} is not a CSS selector`, {
      hint: 'a class is written .name, an id #name, several with a comma between them',
      cause,
    });
  }
}
