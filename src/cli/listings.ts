/** Builds the documents of the listing commands from the registries. */
import { DEFAULT_PROFILE, loadProfile, profileNames } from '../profiles/load.js';
import {
  PROFILE_SCHEMA,
  PROFILES_SCHEMA,
  type ProfileDocument,
  type ProfilesDocument,
  STRATEGIES_SCHEMA,
  type StrategiesDocument,
} from '../reporters/listings.js';
import { listStrategies } from '../strategies/registry.js';

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

/** Every built-in profile. */
export function profilesDocument(): ProfilesDocument {
  const profiles = profileNames().map((name) => {
    const { title, parameters } = loadProfile(name, []);
    const estimates = parameters.filter((parameter) => parameter.tag === 'E').length;
    return { name, title, parameters: parameters.length, estimates, default: name === DEFAULT_PROFILE };
  });
  return { schema: PROFILES_SCHEMA, profiles };
}

/** One profile, the default one if `nameOrPath` is undefined, with overrides. */
export function profileDocument(nameOrPath: string | undefined, overrides: readonly string[]): ProfileDocument {
  const { name, title, parameters } = loadProfile(nameOrPath ?? DEFAULT_PROFILE, overrides);
  return { schema: PROFILE_SCHEMA, name, title, parameters: parameters.map((parameter) => ({ ...parameter })) };
}
