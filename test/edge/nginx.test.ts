// takes: 30 s
import * as assert from 'uvu/assert';
import { filling } from './filling.ts';
import { limiting } from './guarding.ts';
import { logging } from './logging.ts';
import { matrix } from './matrix.ts';
import { nginx } from './nginx-driver.ts';
import { nginxMap, nginxWords } from './nginx-language.ts';
import { serving } from './serving.ts';

matrix(nginx);
serving(nginx);
logging(nginx);
limiting(nginx, 'holding busy', 60);
filling(nginx, {
  readBack([file]) {
    const words = nginxWords(file?.text ?? '');
    const before = '~^POST [^ ]+ [^ ]+ [^ ]* ';
    const routes = nginxMap(words, 'holdfast_route').filter(([, to]) => to === 'comments');
    assert.ok(routes.every(([key]) => key.startsWith(before)));
    const root = words[words.indexOf('root') + 1];
    const [, ...redirects] = nginxMap(words, 'holdfast_moved').map(([, moved]) => moved);
    return { patterns: routes.map(([key]) => `^${key.slice(before.length)}`), root, redirects };
  },
});
