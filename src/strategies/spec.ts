/**
 * Strategies as the user writes them: `NAME[:key=value]…`, comma-separated, `all`, crossed with `--atc` (design §5). NAME
 * is one of the registry, or the path of a file with the user's own.
 */
import { suggestion, UsageError } from '../trace/errors.js';
import { strategyNames, TRANSPORTS } from './registry.js';
import { ROUTINGS } from './routing/registry.js';
import type { RoutingDefinition } from './routing/routing.js';
import { TARGETINGS } from './targeting/registry.js';
import type { TargetingDefinition } from './targeting/targeting.js';
import type { OptionSpec, TransportDefinition } from './transport.js';
import { isStrategyFile, loadUserStrategy } from './user/load-user-strategy.js';
import type { StrategyModule } from './user/strategy-files.js';

/** A strategy chosen by the user. */
export interface StrategyChoice {
  readonly transport: TransportDefinition;
  readonly targeting: TargetingDefinition;
  readonly routing: RoutingDefinition;
  /** Complete option values. */
  readonly options: ReadonlyMap<string, string>;
  /** Name with non-default options in sorted order: `results[].strategy`. */
  readonly canonicalName: string;
  /** The file that it comes from, if it is the user's own. */
  readonly module?: StrategyModule | undefined;
  /** The path that takes over in the middle of the trace; everything else here is about the first one. */
  readonly migration?: Migration | undefined;
}

/** Where a replay changes from one path to another. */
export interface Migration {
  /** Trace time, relative to the trace's start: the first publication at or after it belongs to the new path, ns. */
  readonly atNs: number;
  readonly from: StrategyChoice;
  readonly to: StrategyChoice;
}

/** Names of the ATC targetings. */
export function targetingNames(): string[] {
  return TARGETINGS.map((targeting) => targeting.name);
}

/** Names of the instance routings. */
function routingNames(): string[] {
  return ROUTINGS.map((routing) => routing.name);
}

/**
 * Resolve strategy specifications.
 * @param specs each a specification or a comma-separated list of them; `all` stands for every transport
 * @param atc targetings to cross with; empty: what each specification or transport says
 * @param more choices made before, whose strategies may be named although the registry lacks them
 * @throws UsageError for an unknown name, option or value, a file that is no strategy, or the same strategy twice
 */
export function resolveStrategies(
  specs: readonly string[],
  atc: readonly string[] = [],
  more: readonly StrategyChoice[] = [],
): StrategyChoice[] {
  const expanded = specs
    .flatMap((spec) => spec.split(','))
    .flatMap((spec) => (spec === 'all' ? strategyNames() : spec));
  const choices: StrategyChoice[] = [];
  for (const spec of expanded) {
    for (const targeting of atc.length === 0 ? [undefined] : atc) choices.push(resolveOne(spec, targeting, more));
  }
  const seen = new Set<string>();
  for (const { canonicalName, targeting } of choices) {
    const key = `${canonicalName} with atc=${targeting.name}`;
    if (seen.has(key)) throw new UsageError(`strategy ${key}: expected every strategy once, found it twice`);
    seen.add(key);
  }
  return choices;
}

function resolveOne(spec: string, crossedAtc: string | undefined, more: readonly StrategyChoice[]): StrategyChoice {
  const { nameOrFile, assignments } = splitSpec(spec);
  const { transport, module } = findTransport(nameOrFile, more);
  const { name } = transport;
  const given = new Map<string, string>();
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    if (at <= 0) throw new UsageError(`strategy ${spec}: expected key=value, found ${JSON.stringify(assignment)}`);
    const key = assignment.slice(0, at);
    if (given.has(key)) throw new UsageError(`strategy ${spec}: expected option ${key} once, found it twice`);
    given.set(key, assignment.slice(at + 1));
  }
  const atc = crossedAtc ?? given.get('atc') ?? transport.defaultAtc;
  given.delete('atc');
  const routing = routingOf(transport, given.get('routing') ?? ROUTINGS[0].name);
  given.delete('routing');
  const known = transport.options.map((option) => option.key);
  for (const key of given.keys()) {
    if (!known.includes(key))
      throw new UsageError(`strategy ${name} has no option ${key}${suggestion(key, [...known, 'atc', 'routing'])}`);
  }
  const options = new Map(
    transport.options.map((option) => [option.key, checkOption(name, option, given.get(option.key))]),
  );
  const nonDefault = transport.options.filter((option) => options.get(option.key) !== option.default).map((o) => o.key);
  const shown = nonDefault.map((key) => `${key}=${options.get(key)}`);
  if (routing !== ROUTINGS[0]) shown.push(`routing=${routing.name}`);
  const canonicalName = [name, ...shown.sort()].join(':');
  return { transport, targeting: targetingByName(atc), routing, options, canonicalName, module };
}

/** The files that `spec` names, a specification or a list of them: what would be run to resolve it. Nothing is read or run. */
export function strategyFilesIn(spec: string): string[] {
  return spec
    .split(',')
    .map((one) => splitSpec(one).nameOrFile)
    .filter(isStrategyFile);
}

/** A specification, taken apart but not resolved. A drive letter is part of the path, not the end of the name. */
export function splitSpec(spec: string): { readonly nameOrFile: string; readonly assignments: readonly string[] } {
  const drive = /^[A-Za-z]:(?=[\\/])/.exec(spec)?.[0] ?? '';
  const [name, ...assignments] = spec.slice(drive.length).split(':');
  return { nameOrFile: drive + name, assignments };
}

function findTransport(
  nameOrFile: string,
  more: readonly StrategyChoice[],
): Pick<StrategyChoice, 'transport' | 'module'> {
  if (isStrategyFile(nameOrFile)) return loadUserStrategy(nameOrFile);
  const transport = TRANSPORTS.find((candidate) => candidate.name === nameOrFile);
  if (transport !== undefined) return { transport };
  const known = more.find((choice) => choice.transport.name === nameOrFile);
  if (known !== undefined) return known;
  const names = [...new Set([...strategyNames(), ...more.map((choice) => choice.transport.name)])];
  throw new UsageError(`unknown strategy ${nameOrFile}${suggestion(nameOrFile, names, 'smmuscope strategies')}`);
}

function checkOption(name: string, option: OptionSpec, value: string | undefined): string {
  if (value === undefined) return option.default;
  if (option.choices !== undefined) {
    if (option.choices.includes(value)) return value;
    throw new UsageError(`strategy ${name}: ${option.key}: expected ${option.choices.join(' or ')}, found ${value}`);
  }
  const [min, max] = option.range ?? [0, Number.MAX_SAFE_INTEGER];
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return String(number);
  throw new UsageError(`strategy ${name}: ${option.key}: expected an integer from ${min} to ${max}, found ${value}`);
}

function targetingByName(name: string): TargetingDefinition {
  const found = TARGETINGS.find((targeting) => targeting.name === name);
  if (found === undefined) throw new UsageError(`unknown ATC targeting ${name}${suggestion(name, targetingNames())}`);
  return found;
}

function routingOf(transport: TransportDefinition, name: string): RoutingDefinition {
  const found = ROUTINGS.find((routing) => routing.name === name);
  if (found === undefined) throw new UsageError(`unknown instance routing ${name}${suggestion(name, routingNames())}`);
  if (found !== ROUTINGS[0] && transport.queuesAreMapped === true) {
    throw new UsageError(
      `strategy ${transport.name}: routing=${name}: expected ${ROUTINGS[0].name}, because the guest writes into a queue of one SMMU itself and nobody can replicate`,
    );
  }
  return found;
}
