import type { CommentsConfig } from '../../config/schema.ts';
import type { Records } from '../records.ts';
import { type Askable, askFor } from './ask.ts';
import type { CommentSource } from './source.ts';
import { createWordPressSource } from './wordpress.ts';
import { createListing } from './wordpress-rows.ts';

/** What sources work with. */
export interface SourceContext extends Askable {
  readonly records: Records;
  /** Folder of the configuration. */
  readonly root: string;
}

/** The source that an entry of the configuration names. */
export function createSource(config: CommentsConfig, context: SourceContext): CommentSource {
  switch (config.from) {
    case 'wordpress': {
      const shortlink = () => context.records.pages.get(config.page)?.good?.shortlink;
      return createWordPressSource(createListing({ config, ask: askFor(context), site: context.site, shortlink }));
    }
    default:
      throw new Error(`no driver yet: ${config.from}`);
  }
}
