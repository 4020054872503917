import { ASSET_ENDINGS } from './decide.ts';
import { type EdgeFacts, type EdgeFiller, type HoldingPage, refused, textOf } from './facts.ts';
import { fill } from './fill.ts';
import { failurePages, patternsOf, publicHost } from './place.ts';

/** What AWS takes in a path pattern, and how much of it. */
const PATH = /^[\w\-.$/~"'@:+&*]{1,128}$/;
/** Values that one condition may name. */
const VALUES = 3;
/** The first of the priorities, which are taken one after the other. */
const FIRST = 100;

/** One condition of a rule, as CloudFormation writes it. */
type Condition = Readonly<Record<string, unknown>>;

/** The rules of a load balancer for a hold; the web servers behind it do all the rest. */
export const fillAlb: EdgeFiller = (facts, texts) => {
  const rules = [...always(), ...toOrigin(facts), ...assets()];
  const text = fill(textOf(texts, 'rules.yaml'), {
    host: publicHost(facts),
    busy: failurePages(facts)[0].name,
    allowed: JSON.stringify(['off', ...facts.holding.map(({ name }) => name)]),
    pages: facts.holding.map((page) => `${JSON.stringify(page.name)}: ${JSON.stringify(mapped(page))}`),
    rules: rules.flatMap((conditions, index) => rule(conditions, index, textOf(texts, 'rule.yaml'))),
    last: `${FIRST + rules.length}`,
  });
  return [{ path: 'rules.yaml', text }];
};

function mapped({ name, status, tiny }: HoldingPage) {
  if (tiny === undefined) throw refused('edge.for', 'alb', 'is not among them, so no holding page was made for it');
  const body = tiny.toString('utf8');
  // CloudFormation would put something in its place, wherever it stands.
  if (body.includes('{{resolve:'))
    throw refused(`holding page ${name}`, '{{resolve:', 'means something to CloudFormation');
  return { Status: `${status}`, Body: body };
}

function rule(conditions: readonly Condition[], index: number, text: string): readonly string[] {
  return fill(text.trimEnd(), {
    name: `GoesOn${index}`,
    priority: `${FIRST + index}`,
    conditions: JSON.stringify(conditions),
  }).split('\n');
}

const path = (...values: readonly string[]): Condition => ({
  Field: 'path-pattern',
  PathPatternConfig: { Values: values },
});
const method = (...values: readonly string[]): Condition => ({
  Field: 'http-request-method',
  HttpRequestMethodConfig: { Values: values },
});
const header = (name: string, ...values: readonly string[]): Condition => ({
  Field: 'http-header',
  HttpHeaderConfig: { HttpHeaderName: name, Values: values },
});

function always(): readonly (readonly Condition[])[] {
  return [[path('/robots.txt', '/favicon.ico', '/apple-touch-icon*.png')], [path('/.well-known/*', '/_holdfast/*')]];
}

/** Comments, dynamic paths and who is logged in: the web servers behind know what to do with them. */
function toOrigin(facts: EdgeFacts): readonly (readonly Condition[])[] {
  const { rules } = facts;
  const paths = patternsOf(facts, (pattern) => pattern);
  return [
    ...paths.comments.map((one, index) => [method('POST'), written(`edge.comments.paths[${index}]`, one)]),
    ...paths.dynamic.flatMap((one, index) => {
      const condition = written(`edge.dynamic[${index}].path`, one);
      const { query } = rules.dynamic[index] ?? {};
      return query === undefined ? [[condition]] : chunks(query).map((names) => [condition, parameters(names)]);
    }),
    ...chunks(rules.loginCookies).map((cookies) => [
      header('Cookie', ...cookies.map((cookie) => `*${cookie.replace(/\*$/, '')}*=*`)),
    ]),
    [header('Authorization', '*')],
    [method('POST', 'PUT', 'DELETE')],
  ];
}

/** A pattern of ours as AWS has it, whose star goes over slashes too. */
function written(field: string, pattern: string): Condition {
  const below = pattern.endsWith('/**') ? [pattern.slice(0, -'/**'.length)] : [];
  const values = [...below, pattern.replaceAll('**', '*')].filter((value) => value !== '');
  const wrong = values.find((value) => !PATH.test(value));
  if (wrong !== undefined)
    throw refused(field, pattern, 'has signs that AWS takes in no path pattern, or is longer than 128');
  return path(...values);
}

function parameters(names: readonly string[]): Condition {
  return { Field: 'query-string', QueryStringConfig: { Values: names.map((name) => ({ Key: name, Value: '*' })) } };
}

function assets(): readonly (readonly Condition[])[] {
  return chunks(ASSET_ENDINGS).map((endings) => [path(...endings.map((ending) => `*.${ending}`))]);
}

function chunks<T>(values: readonly T[]): readonly (readonly T[])[] {
  return values.flatMap((_, index) => (index % VALUES === 0 ? [values.slice(index, index + VALUES)] : []));
}
