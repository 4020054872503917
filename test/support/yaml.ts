import { createRequire } from 'node:module';

/** It has no types of its own. */
const { load } = createRequire(import.meta.url)('js-yaml') as { load(text: string): unknown };

/** The value of a YAML text; throws where it is none. */
export const parseYaml = load;
