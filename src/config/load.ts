import { basename, dirname, join } from 'node:path';
import { type ErrorCode, HoldfastError } from '../model/errors.ts';
import { comesFrom, overlay } from './overlay.ts';
import { isUnder, showValue, valueAt, writePath } from './path.ts';
import { type ConfigProblem, problemsOf } from './problems.ts';
import { findConfig, readConfig } from './read.ts';
import { type Config, configSchema, environmentsSchema } from './schema.ts';
import { type InlineSecret, inlineSecrets, resolveSecrets, type SecretPart, USUAL_SECRETS } from './secrets.ts';

/** The environment that is open to search engines, and meant where none is named. */
export const PRODUCTION = 'production';

export interface LoadOptions {
  readonly cwd: string;
  /** The file, relative to `cwd`; else `holdfast.config.{ts,mjs,js,json}` there. */
  readonly path?: string;
  /** Default `production`. */
  readonly environment?: string;
  /** Where `env:NAME` is read from. */
  readonly env: NodeJS.ProcessEnv;
  /** Whose credentials are read; by default those of the origin and of caches. */
  readonly secrets?: readonly SecretPart[];
}

export interface LoadedConfig {
  readonly config: Config;
  readonly environment: string;
  /** Absolute folder of the file: what the configuration's relative paths are relative to. */
  readonly root: string;
  /** Absolute path of the file. */
  readonly path: string;
  /** `<root>/.holdfast/<environment>`. */
  readonly stateDir: string;
  /** Credentials read by reference, longest first; whatever is printed is redacted by them. */
  readonly secrets: readonly string[];
}

/**
 * Reads, overlays, checks and completes a configuration. Throws `config-missing`, `config-unreadable`, and for
 * everything wrong with its fields, all at once, one error whose message has a line for each: `config-secret` where
 * one is about a secret, else `config-invalid`. No line ever holds a secret's value.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const path = await findConfig(options.cwd, options.path);
  const written = await readConfig(path);
  const environment = options.environment ?? PRODUCTION;
  const secrets = inlineSecrets(written);
  const { environments, ...base } = written;
  const over = chooseOverlay(environments, environment);
  const merged = overlay(base, over.value);
  const found =
    over.problems.length > 0
      ? over.problems
      : problemsOf(merged).map((problem) => place(problem, over.value, environment));
  const problems = found.filter((problem) => !secrets.some((secret) => isUnder(problem.path, secret.path)));
  refuse(path, secrets, problems);
  const config = configSchema.parse(merged);
  const root = dirname(path);
  const resolved = await resolveSecrets(config, { root, env: options.env, parts: options.secrets ?? USUAL_SECRETS });
  if (resolved.problems.length > 0) throw invalid('config-secret', path, resolved.problems);
  return {
    config: resolved.value,
    environment,
    root,
    path,
    stateDir: join(root, '.holdfast', environment),
    secrets: resolved.secrets,
  };
}

interface ChosenOverlay {
  readonly value: Record<string, unknown>;
  readonly problems: readonly ConfigProblem[];
}

function chooseOverlay(environments: unknown, chosen: string): ChosenOverlay {
  const wrong = wrongEnvironments(environments);
  if (wrong.length > 0) return { value: {}, problems: wrong };
  const overlays = environments as Record<string, Record<string, unknown>> | undefined;
  const known = [...new Set([PRODUCTION, ...Object.keys(overlays ?? {})])];
  if (!known.includes(chosen)) {
    throw new HoldfastError(
      'config-invalid',
      `there is no environment ${JSON.stringify(chosen)}: there is ${known.join(', ')}`,
      {
        hint: 'an environment is a key of `environments` in the configuration file',
      },
    );
  }
  return { value: overlays?.[chosen] ?? {}, problems: [] };
}

function wrongEnvironments(environments: unknown): readonly ConfigProblem[] {
  const issues = environmentsSchema.safeParse(environments).error?.issues ?? [];
  return issues.map((issue) => {
    const inner = issue.path.filter((key) => typeof key !== 'symbol');
    const path = ['environments', ...inner];
    if (issue.code === 'invalid_key') return { path, text: issue.issues[0]?.message ?? issue.message };
    return { path, text: `${showValue(valueAt(environments, inner))} is not an object` };
  });
}

/** Where the merged field was written: in the environment's overlay or at the top. */
function place(problem: ConfigProblem, over: Record<string, unknown>, environment: string): ConfigProblem {
  if (problem.path.length === 0 || !comesFrom(over, problem.path)) return problem;
  return { ...problem, path: ['environments', environment, ...problem.path] };
}

function refuse(path: string, secrets: readonly InlineSecret[], problems: readonly ConfigProblem[]): void {
  if (secrets.length > 0) throw invalid('config-secret', path, redacted([...secrets, ...problems], secrets));
  if (problems.length > 0) throw invalid('config-invalid', path, problems);
}

function invalid(code: ErrorCode, path: string, problems: readonly ConfigProblem[]): HoldfastError {
  const lines = new Set(problems.map((problem) => `${writePath(problem.path)}: ${problem.text}`));
  return new HoldfastError(code, [...lines].join('\n'), {
    hint: `correct ${basename(path)}; Holdfast's docs/configuration.md lists every field`,
  });
}

/** Below this a secret is no secret, and taking it out of every line would garble them. */
const LEAST_SECRET = 4;

/** A secret that was written a second time, where it is not known for one, is not printed either. */
function redacted(problems: readonly ConfigProblem[], secrets: readonly InlineSecret[]): readonly ConfigProblem[] {
  const values = secrets.flatMap(({ value }) =>
    typeof value === 'string' && value.length >= LEAST_SECRET ? value : [],
  );
  return problems.map((problem) => ({
    ...problem,
    text: values.reduce((text, value) => text.replaceAll(value, '…'), problem.text),
  }));
}
