import type { CommentsConfig } from '../../config/schema.ts';
import { runProgram } from '../command.ts';
import { rawsIn } from './json.ts';
import type { CommentSource } from './source.ts';
import { changesIn, commentsFrom, failed } from './whole.ts';

const FIELDS = { id: 'id', parent: 'parent', author: 'author', url: 'url', date: 'date', html: 'html' };

/** The output of a program: a JSON list of all comments. */
export function createCommandSource(
  { run, deadline, maxOutput }: Extract<CommentsConfig, { from: 'command' }>,
  root: string,
): CommentSource {
  return {
    name: 'command',
    changes: async ({ known }, signal) => {
      const output = await runProgram({ run, deadline, maxOutput, cwd: root }, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        throw failed(error instanceof Error ? error.message : String(error), error);
      });
      return changesIn(known, commentsFrom(rawsIn(output, { fields: FIELDS, url: run[0] ?? '' }), 'command'), true);
    },
  };
}
