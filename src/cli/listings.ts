/** Builds the documents of the listing commands from the registries. */
import { explainStrategy } from '../explain/explain-strategy.js';
import { usesOf } from '../explain/parameter-uses.js';
import { WORKLOADS } from '../guest/workloads/registry.js';
import { DEFAULT_PROFILE, loadProfile, nearestKey, profileNames } from '../profiles/load.js';
import type {
  ProfileDocument,
  ProfilesDocument,
  StrategiesDocument,
  StrategyDocument,
  WorkloadsDocument,
} from '../reporters/listings.js';
import {
  PROFILE_SCHEMA,
  PROFILES_SCHEMA,
  STRATEGIES_SCHEMA,
  STRATEGY_SCHEMA,
  WORKLOADS_SCHEMA,
} from '../results/declaration/tags.js';
import { listStrategies } from '../strategies/registry.js';
import { resolveStrategies } from '../strategies/spec.js';
import { UsageError } from '../trace/errors.js';

/** Every strategy with its options. */
export function strategiesDocument(): StrategiesDocument {
  const strategies = listStrategies().map(({ name, summary, defaultAtc, options }) => ({
    name,
    summary,
    default_atc: defaultAtc,
    options: options.map((option) => ({
      key: option.key,
      values: option.choices?.join('|') ?? option.range?.join('..') ?? '',
      default: String(option.default),
      help: option.help,
    })),
  }));
  return { schema: STRATEGIES_SCHEMA, strategies };
}

/**
 * The strategy that `spec` names, explained under a profile with overrides.
 * @throws UsageError for anything but one strategy
 */
export function strategyDocument(spec: string, profileName: string, overrides: readonly string[]): StrategyDocument {
  if (spec === 'all' || spec.includes(',')) {
    throw new UsageError(`expected one strategy (the list: smmuscope strategies), found ${spec}`);
  }
  const [choice] = resolveStrategies([spec]);
  const profile = loadProfile(profileName, overrides);
  const { sizes, steps } = explainStrategy(choice, profile);
  return {
    schema: STRATEGY_SCHEMA,
    strategy: choice.canonicalName,
    summary: choice.transport.summary,
    atc: choice.targeting.name,
    profile: profile.name,
    submissions: sizes.map((size) => ({
      commands: size.commands,
      total_ns: size.totalNs,
      estimate_share: size.estimateShare,
      exits: size.exits,
      ioctls: size.ioctls,
      host_commands: size.hostCommands,
      added_syncs: size.addedSyncs,
    })),
    steps: steps.map(({ stage, parameter, tag, source, help, eachNs, times, ns }) => ({
      stage,
      parameter: parameter ?? null,
      tag: tag ?? null,
      source: source ?? null,
      help: help ?? null,
      each_ns: eachNs,
      times,
      ns,
    })),
  };
}

/** Every workload with its parameters. */
export function workloadsDocument(): WorkloadsDocument {
  const workloads = WORKLOADS.map(({ name, summary, parameters }) => ({
    name,
    summary,
    parameters: parameters.map((parameter) => ({
      key: parameter.key,
      values: parameter.choices?.join('|') ?? parameter.range?.join('..') ?? '',
      default: String(parameter.default),
      help: parameter.help,
    })),
  }));
  return { schema: WORKLOADS_SCHEMA, workloads };
}

/** Every built-in profile. */
export function profilesDocument(): ProfilesDocument {
  const profiles = profileNames().map((name) => {
    const { title, parameters } = loadProfile(name, []);
    const estimates = parameters.filter((parameter) => parameter.tag === 'E').length;
    return { name, title, parameters: parameters.length, estimates, default: name === DEFAULT_PROFILE };
  });
  return { schema: PROFILES_SCHEMA, profiles };
}

/**
 * One profile, the default one if `nameOrPath` is undefined, with overrides.
 * @param key the only parameter that is wanted, with where the model uses it
 * @throws UsageError for a key that there is not
 */
export function profileDocument(
  nameOrPath: string | undefined,
  overrides: readonly string[],
  key?: string,
): ProfileDocument {
  const profile = loadProfile(nameOrPath ?? DEFAULT_PROFILE, overrides);
  const { name, title, parameters } = profile;
  if (key !== undefined) {
    const parameter = parameters.find((one) => one.key === key);
    if (parameter === undefined) throw new UsageError(`expected a parameter, found ${key}${nearestKey(key)}`);
    return { schema: PROFILE_SCHEMA, name, title, parameters: [{ ...parameter, uses: usesOf(key, profile) }] };
  }
  return { schema: PROFILE_SCHEMA, name, title, parameters: parameters.map((parameter) => ({ ...parameter })) };
}
