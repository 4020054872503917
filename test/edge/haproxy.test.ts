// takes: 35 s
import { filling } from './filling.ts';
import { guarding, limiting, queueing } from './guarding.ts';
import { haproxy } from './haproxy-driver.ts';
import { haproxyLines } from './haproxy-language.ts';
import { logging } from './logging.ts';
import { matrix } from './matrix.ts';
import { unwrittenPcre } from './pcre-language.ts';
import { serving } from './serving.ts';

matrix(haproxy);
serving(haproxy);
logging(haproxy);
guarding(haproxy, queueing);
limiting(haproxy, 'Too many requests', 20);
filling(haproxy, {
  readBack([file]) {
    const lines = haproxyLines(file?.text ?? '');
    const comments = lines.filter(([verb, name]) => verb?.text === 'acl' && name?.text === 'comments');
    return {
      patterns: comments.map((words) => unwrittenPcre(words.at(-1)?.text ?? '')),
      root: undefined,
      shape: lines.map((words) => words.map(({ bare }) => bare).join(' ')),
    };
  },
});
