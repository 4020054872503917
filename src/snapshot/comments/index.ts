import type { CommentsConfig } from '../../config/schema.ts';
import type { Records } from '../records.ts';
import { type Askable, askFor } from './ask.ts';
import type { CommentSource } from './source.ts';

/** What sources work with. */
export interface SourceContext extends Askable {
  readonly records: Records;
  /** Folder of the configuration. */
  readonly root: string;
}

/** The source that an entry of the configuration names; its driver is loaded when it is asked for. */
export async function createSource(config: CommentsConfig, context: SourceContext): Promise<CommentSource> {
  switch (config.from) {
    case 'wordpress': {
      const { createWordPressSource } = await import('./wordpress.ts');
      const { createListing } = await import('./wordpress-rows.ts');
      const shortlink = () => context.records.pages.get(config.page)?.good?.shortlink;
      return createWordPressSource(createListing({ config, ask: askFor(context), site: context.site, shortlink }));
    }
    case 'feed':
      return (await import('./feed.ts')).createFeedSource(config, askFor(context, config.headers));
    case 'discourse':
      return (await import('./discourse.ts')).createDiscourseSource(config, askFor(context, config.headers));
    case 'html':
      return (await import('./html.ts')).createHtmlSource(config, askFor(context, config.headers));
    case 'json':
      return (await import('./json.ts')).createJsonSource(config, askFor(context, config.headers));
    case 'command':
      return (await import('./command.ts')).createCommandSource(config, context.root);
  }
}
