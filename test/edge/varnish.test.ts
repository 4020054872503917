// takes: 50 s
import { filling } from './filling.ts';
import { coalescing, guarding, limiting } from './guarding.ts';
import { logging } from './logging.ts';
import { matrix } from './matrix.ts';
import { unwrittenPath } from './pcre-language.ts';
import { places } from './places.ts';
import { serving } from './serving.ts';
import { varnish } from './varnish-driver.ts';
import { vclTokens } from './vcl-language.ts';

matrix(varnish);
serving(varnish);
logging(varnish);
guarding(varnish, coalescing);
limiting(varnish, 'Too many requests', 20);
places(varnish);
filling(varnish, {
  // Each is compiled as a program of C.
  checks: 1,
  readBack([file]) {
    const tokens = vclTokens(file?.text ?? '');
    const strings = tokens.filter(({ isString }) => isString).map(({ text }) => text);
    const comments = strings[strings.indexOf('POST') + 1] ?? '';
    return {
      patterns: comments
        .slice('(?:'.length, -')'.length)
        .split(/\)\|\(\?:(?=\(\?s\))/)
        .map(unwrittenPath),
      root: undefined,
      shape: tokens.map(({ text, isString }) => (isString ? '""' : text)),
    };
  },
  // Three stars are two.
  expected: (path) =>
    path
      .replace(/\*{2,}/g, '**')
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
});
