import * as assert from 'uvu/assert';
import type { EdgeFile } from '../../src/edge/fillers.ts';
import { parseYaml } from '../support/yaml.ts';
import { filling } from './filling.ts';

interface Condition {
  readonly Field: string;
  readonly PathPatternConfig?: { readonly Values: readonly string[] };
  readonly HttpRequestMethodConfig?: { readonly Values: readonly string[] };
}
interface Rules {
  readonly Parameters: Readonly<Record<string, unknown>>;
  readonly Mappings: { readonly Pages: Readonly<Record<string, { readonly Body: string }>> };
  readonly Resources: Readonly<
    Record<string, { readonly Properties: { readonly Conditions: readonly Condition[]; readonly Priority: number } }>
  >;
}

filling(
  { name: 'alb', needs: [] },
  {
    readBack([file]: readonly EdgeFile[]) {
      const { Parameters, Mappings, Resources } = parseYaml(file?.text ?? '') as Rules;
      assert.equal(Object.keys(Parameters), ['Listener', 'Files', 'Hold']);
      assert.equal(Object.keys(Mappings.Pages), ['busy', 'launch', 'maintenance', 'not-kept']);
      const rules = Object.values(Resources).map(({ Properties }) => Properties);
      assert.equal(
        rules.map(({ Priority }) => Priority),
        rules.map((_, index) => 100 + index),
        'one after the other',
      );
      const comments = rules.filter(
        ({ Conditions: [method, path] }) => method?.HttpRequestMethodConfig?.Values[0] === 'POST' && path !== undefined,
      );
      return {
        patterns: comments.map(({ Conditions }) => Conditions[1]?.PathPatternConfig?.Values.at(-1) ?? ''),
        root: undefined,
      };
    },
    // Its star goes over slashes too.
    expected: (path) => path.replaceAll('**', '*'),
  },
);
