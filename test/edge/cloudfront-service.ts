import vm from 'node:vm';
import type { EdgeRequest, OriginAnswer } from '../../src/edge/decide.ts';
import type { ReleaseView } from '../../src/edge/view.ts';
import { parseYaml } from '../support/yaml.ts';

type Value = Readonly<Record<string, { readonly value: string }>>;

interface Event {
  readonly version: '1.0';
  readonly context: { readonly eventType: 'viewer-request' | 'viewer-response'; readonly requestId: string };
  readonly request: FunctionRequest;
  readonly response?: FunctionResponse;
}
interface FunctionRequest {
  readonly method: string;
  readonly uri: string;
  readonly querystring: Value;
  readonly headers: Value;
  readonly cookies: Value;
}
interface FunctionResponse {
  readonly statusCode: number;
  readonly headers: Value;
}

interface Behaviour {
  readonly PathPattern?: string;
  readonly FunctionAssociations?: readonly unknown[];
}

/** The parts of a template that the tests look at. */
export interface Template {
  readonly Parameters: Readonly<Record<string, unknown>>;
  readonly Conditions: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, { readonly Properties: Readonly<Record<string, unknown>> }>>;
  readonly Outputs: unknown;
}
interface Distribution {
  readonly CacheBehaviors: readonly Behaviour[];
  readonly DefaultCacheBehavior: Behaviour;
  readonly CustomErrorResponses: readonly {
    readonly ErrorCode: number;
    readonly ResponseCode: number;
    readonly ResponsePagePath: string;
  }[];
}

export const readTemplate = (text: string): Template => parseYaml(text) as Template;

/** The function's code of a template. */
export const codeOf = ({ Resources }: Template): string => String(Resources['Decide']?.Properties['FunctionCode']);

/** What a visitor gets from the emulated distribution, in the words of the decision table's rows. */
export interface Seen {
  /** As `release 200 index.html`, `holding 503 busy`, `origin 200 origin`, `edge 405`. */
  readonly answer: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the bucket was told, where it was asked. */
  readonly told: FunctionRequest | undefined;
}

/** A distribution as Amazon describes it: behaviours by path, the function before and after, the error pages of all of it. */
export function distribution(template: Template, release: ReleaseView) {
  const config = template.Resources['Distribution']?.Properties['DistributionConfig'] as Distribution;
  const code = codeOf(template);
  return async (asked: EdgeRequest, hold: string | undefined, origin: OriginAnswer): Promise<Seen> => {
    const call = functionOf(code, hold);
    const behaviour =
      config.CacheBehaviors.find(({ PathPattern }) => isMatch(String(PathPattern), asked.path)) ??
      config.DefaultCacheBehavior;
    const hasFunction = behaviour.FunctionAssociations !== undefined;
    // Without a function no request policy is there either: nothing of what the visitor said goes on.
    const all = requestOf(asked);
    const request = hasFunction ? all : { ...all, querystring: {}, cookies: {}, headers: headersOf({ host: 'x' }) };
    const decided = hasFunction ? await call('viewer-request', request) : { origin: 'bucket', result: request };
    if ('statusCode' in decided.result)
      return { answer: `edge ${decided.result.statusCode}`, headers: {}, told: undefined };
    const sent = decided.result as FunctionRequest;
    const isBucket = decided.origin === 'bucket';
    const status = isBucket ? bucketStatus(release, sent.uri) : typeof origin === 'number' ? origin : 502;
    const told = isBucket ? sent : undefined;
    const page = config.CustomErrorResponses.find(({ ErrorCode }) => ErrorCode === status);
    if (page !== undefined) return { answer: named(page.ResponsePagePath, page.ResponseCode), headers: {}, told };
    const moved =
      isBucket && status === 200 ? release.find(decodeURIComponent(sent.uri))?.headers['location'] : undefined;
    const response = {
      statusCode: status,
      headers: moved === undefined ? {} : headersOf({ 'x-amz-website-redirect-location': moved }),
    };
    const after = hasFunction ? await call('viewer-response', sent, response) : { result: response };
    const { statusCode, headers } = after.result as FunctionResponse;
    const to = headers['location']?.value;
    const file = hasFunction ? named(sent.uri, statusCode) : `release ${statusCode} ${sent.uri.slice(1)}`;
    const shown = to === undefined ? file : `redirect ${statusCode} ${to}`;
    const answer = isBucket ? shown : `origin ${statusCode} ${decided.origin}`;
    return {
      answer,
      headers: Object.fromEntries(Object.entries(headers).map(([name, { value }]) => [name, value])),
      told,
    };
  };
}

/** The function of a template, in a realm of its own; it runs once. */
function functionOf(code: string, hold: string | undefined) {
  return async (eventType: Event['context']['eventType'], request: FunctionRequest, response?: FunctionResponse) => {
    const chosen = { origin: 'bucket' };
    const get = async (key: string) =>
      key === 'hold' && hold !== undefined ? hold : Promise.reject(new Error('KeyNotFound'));
    const context = vm.createContext({
      cf: { kvs: () => ({ get }), selectRequestOriginById: (id: string) => Object.assign(chosen, { origin: id }) },
    });
    vm.runInContext(code.replace("import cf from 'cloudfront';", ''), context);
    const event: Event = {
      version: '1.0',
      context: { eventType, requestId: 'one-of-a-kind' },
      request,
      ...(response && { response }),
    };
    context['event'] = structuredClone(event);
    const result = JSON.parse(
      await (vm.runInContext('handler(event).then(JSON.stringify)', context) as Promise<string>),
    );
    return { ...chosen, result: result as FunctionRequest | FunctionResponse };
  };
}

function requestOf({ method, path, query, cookies, authorized }: EdgeRequest): FunctionRequest {
  return {
    method,
    uri: path,
    querystring: headersOf(Object.fromEntries(new URLSearchParams(query))),
    headers: headersOf({
      host: 'www.example.org',
      'x-amz-acl': 'public',
      ...(authorized ? { authorization: 'Basic x' } : {}),
    }),
    cookies: headersOf(Object.fromEntries(cookies.map((name) => [name, 'x']))),
  };
}

const headersOf = (values: Readonly<Record<string, string>>): Value =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));

/** Amazon's patterns: `*` for any signs, and no other sign that means something here. */
function isMatch(pattern: string, path: string): boolean {
  const source = pattern.split('*').map((part) => part.replace(/[.$+]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}$`).test(path);
}

/** A bucket that does not say what is absent: 403. It takes names for what they are. */
function bucketStatus(release: ReleaseView, uri: string): number {
  const path = decodeURIComponent(uri);
  const file = release.find(path);
  return file !== undefined && `/${file.path}` === path ? 200 : 403;
}

function named(uri: string, status: number): string {
  const holding = /^\/_holdfast\/holding\/(.*)\.html$/.exec(uri);
  return holding === null ? `release ${status} ${decodeURIComponent(uri.slice(1))}` : `holding ${status} ${holding[1]}`;
}
