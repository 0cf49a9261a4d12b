/**
 * Reads a study file and checks what its schema cannot know: names of strategies, profiles and parameters, values in range,
 * files that are there. A sweep of hours must not end in a misspelling.
 */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseFaults } from '../faults/fault.js';
import { DEFAULT_PROFILE, loadProfile } from '../profiles/load.js';
import { parseColumnMap } from '../readers/csv/column-map.js';
import { eventRoles } from '../readers/ftrace/event-roles.js';
import { readerByName } from '../readers/registry.js';
import { resolveStrategies } from '../strategies/spec.js';
import { setupOf } from '../strategies/transport.js';
import { isStrategyFile } from '../strategies/user/load-user-strategy.js';
import { loadTopology } from '../topology/load.js';
import { type CheckedYaml, parseCheckedYaml, type YamlPath } from '../trace/checked-yaml.js';
import { parseDurationNs } from '../trace/duration.js';
import { suggestion, UsageError, UserError } from '../trace/errors.js';
import { parseTransformList } from '../transforms/transform-list.js';
import { AXES, parameterCount, parameterValues } from './axes.js';
import { PARETO_SCHEMA, POINT_SCHEMA, RANGE_SCHEMA, REPLAY_SCHEMA, STUDY_SCHEMA, type StudyFile } from './schema.js';

/** A study whose every name and value is good. */
export interface Study {
  /** Name of the file, without its folder. */
  readonly file: string;
  readonly content: StudyFile;
  /** A path of the study as this process can open it. */
  resolve(path: string): string;
  /** A profile as `loadProfile` takes it. */
  resolveProfile(profile: string): string;
  /** A strategy as `resolveStrategies` takes it. */
  resolveStrategy(spec: string): string;
}

/**
 * Read the study at `path`.
 * @param maxPoints most points that it may have
 * @throws UsageError `FILE:LINE: KEY: expected …, found …`
 */
export function loadStudy(path: string, maxPoints: number): Study {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path}: expected a readable study file, found ${(error as NodeJS.ErrnoException).code}`);
  }
  const checked = parseCheckedYaml(text, path, { what: 'a study', schema: STUDY_SCHEMA, keysAt });
  const study = studyOf(checked.content, path);
  const count = countPoints(checked.content);
  if (count > maxPoints) {
    throw new UsageError(`${path}: expected at most ${maxPoints} points (--max-points), found ${count}`);
  }
  new StudyCheck(checked, study).all();
  return study;
}

/** A study that was put together by the program: `path` is where its paths start from. */
export function studyOf(content: StudyFile, path: string): Study {
  const folder = dirname(path);
  const resolve = (file: string) => (/^([/\\]|[A-Za-z]:[/\\])/.test(file) ? file : join(folder, file));
  return {
    file: basename(path),
    content,
    resolve,
    resolveProfile: (profile) => (/[/\\]|\.ya?ml$/.test(profile) ? resolve(profile) : profile),
    resolveStrategy(spec) {
      const [, name, options] = /^((?:[A-Za-z]:(?=[\\/]))?[^:]*)(.*)$/s.exec(spec) ?? ['', spec, ''];
      if (!isStrategyFile(name)) return spec;
      const file = resolve(name);
      return `${/[/\\]/.test(file) ? file : `./${file}`}${options}`;
    },
  };
}

/** Points of a study, counted without making them. */
export function countPoints(study: StudyFile): number {
  const sizes = AXES.map(({ key, name }): [string, number] => [name, axisSize(study, key)]);
  const parameters = Object.entries(study.set ?? {}).map(([key, values]): [string, number] => [
    key,
    parameterCount(values),
  ]);
  const product = (point: NonNullable<StudyFile['points']>[number]) => {
    const axes = sizes.map(([name, size]) => {
      const value = (point as Record<string, unknown>)[name];
      return value === undefined ? size : 1;
    });
    const free = parameters.map(([key, size]) => (point.set?.[key] === undefined ? size : 1));
    return [...axes, ...free].reduce((total, size) => total * size, 1);
  };
  return (study.points ?? [{}]).reduce((total, point) => total + product(point), 0);
}

function axisSize(study: StudyFile, key: (typeof AXES)[number]['key']): number {
  if (key !== 'strategies') return Math.max(1, study[key]?.length ?? 1);
  const all = resolveStrategies(['all']).length;
  return study.strategies.reduce((total, spec) => total + (spec === 'all' ? all : 1), 0);
}

class StudyCheck {
  private readonly content: StudyFile;
  constructor(
    private readonly checked: CheckedYaml<StudyFile>,
    private readonly study: Study,
  ) {
    this.content = checked.content;
  }

  all(): void {
    const { traces, transforms = [], profiles = [], strategies, atc = [], points = [], pareto } = this.content;
    for (const [index, trace] of traces.entries()) this.trace(trace, ['traces', index]);
    for (const [index, list] of transforms.entries()) this.transforms(list, ['transforms', index]);
    for (const [index, profile] of profiles.entries()) this.profile(profile, ['profiles', index]);
    for (const [index, spec] of strategies.entries()) this.strategy(spec, ['strategies', index]);
    for (const [index, name] of atc.entries()) this.targeting(name, ['atc', index]);
    this.set();
    this.replay();
    for (const [index, point] of points.entries()) this.point(point, ['points', index]);
    for (const [index, axis] of (pareto?.over ?? []).entries()) this.paretoAxis(axis, ['pareto', 'over', index]);
  }

  /** Run `check`; what it refuses is said with the place in the file. */
  private at<T>(path: YamlPath, check: () => T): T {
    try {
      return check();
    } catch (error) {
      if (error instanceof UserError) throw new UsageError(`${this.checked.where(path)}: ${error.message}`);
      throw error;
    }
  }

  private trace(trace: string, path: YamlPath): void {
    const file = this.study.resolve(trace);
    try {
      accessSync(file, constants.R_OK);
    } catch {
      throw this.checked.fault(path, 'a readable trace file');
    }
    // A study is read more than once: to identify its points, and to run them.
    if (!statSync(file).isFile()) throw this.checked.fault(path, 'a regular file');
  }

  private transforms(list: string, path: YamlPath): void {
    this.at(path, () => parseTransformList(list));
  }

  private profile(profile: string, path: YamlPath): void {
    this.at(path, () => loadProfile(this.study.resolveProfile(profile)));
  }

  private strategy(spec: string, path: YamlPath): void {
    const choices = this.at(path, () => resolveStrategies([this.study.resolveStrategy(spec)]));
    if (spec.includes(',')) throw this.checked.fault(path, 'one strategy per entry');
    const files = choices.filter((choice) => choice.module !== undefined);
    // A file is held against its contract when it is made: once, with the first profile.
    const loaded = loadProfile(this.study.resolveProfile(this.content.profiles?.[0] ?? DEFAULT_PROFILE));
    for (const { transport, options } of files) {
      this.at(path, () => transport.create(setupOf(options, loaded)));
    }
  }

  private targeting(name: string, path: YamlPath): void {
    this.at(path, () => resolveStrategies(['ioctl'], [name]));
  }

  private set(): void {
    for (const [key, values] of Object.entries(this.content.set ?? {})) {
      const all = parameterValues(values);
      const path = (index: number) => (Array.isArray(values) ? ['set', key, index] : ['set', key]);
      if (this.isGood(all.map((value) => `${key}=${value}`))) continue;
      for (const [index, value] of all.entries()) this.parameter(key, value, path(index));
    }
  }

  /** All at once: a profile takes some ms to load, and an axis may have many values. */
  private isGood(overrides: readonly string[]): boolean {
    try {
      loadProfile(DEFAULT_PROFILE, overrides);
      return true;
    } catch (error) {
      if (error instanceof UserError) return false;
      throw error;
    }
  }

  /** A value is in range or not whatever the profile: every profile has every parameter. */
  private parameter(key: string, value: string, path: YamlPath): void {
    this.at(path, () => loadProfile(DEFAULT_PROFILE, [`${key}=${value}`]));
  }

  private replay(): void {
    const { replay = {} } = this.content;
    const shift = replay['vm-shift'];
    if (shift !== undefined) this.at(['replay', 'vm-shift'], () => parseDurationNs(shift, '--vm-shift'));
    const { format, topology, fault, with: joined, 'csv-map': csvMap, 'ftrace-events': ftraceEvents } = replay;
    if (format !== undefined) this.at(['replay', 'format'], () => readerByName(format));
    if (topology !== undefined) this.at(['replay', 'topology'], () => loadTopology(this.study.resolve(topology)));
    if (fault !== undefined) this.at(['replay', 'fault'], () => parseFaults(fault));
    if (joined !== undefined) this.trace(joined, ['replay', 'with']);
    if (csvMap !== undefined) this.at(['replay', 'csv-map'], () => parseColumnMap(csvMap));
    if (ftraceEvents !== undefined) this.at(['replay', 'ftrace-events'], () => eventRoles(ftraceEvents));
  }

  private point(point: NonNullable<StudyFile['points']>[number], path: YamlPath): void {
    if (point.trace !== undefined) this.trace(point.trace, [...path, 'trace']);
    if (point.transform !== undefined) this.transforms(point.transform, [...path, 'transform']);
    if (point.profile !== undefined) this.profile(point.profile, [...path, 'profile']);
    if (point.strategy === 'all') throw this.checked.fault([...path, 'strategy'], 'one strategy');
    if (point.strategy !== undefined) this.strategy(point.strategy, [...path, 'strategy']);
    if (point.atc !== undefined) this.targeting(point.atc, [...path, 'atc']);
    for (const [key, value] of Object.entries(point.set ?? {}))
      this.parameter(key, String(value), [...path, 'set', key]);
  }

  private paretoAxis(axis: string, path: YamlPath): void {
    const parameters = [...Object.keys(this.content.set ?? {}), ...(this.content.points ?? []).flatMap(keysOfSet)];
    const known = [...AXES.map(({ name }) => name), 'set', ...parameters];
    if (known.includes(axis)) return;
    throw new UsageError(`${this.checked.where(path)}: unknown axis ${axis}${suggestion(axis, known)}`);
  }
}

const keysOfSet = (point: NonNullable<StudyFile['points']>[number]): string[] => Object.keys(point.set ?? {});

function keysAt([list, , inner]: YamlPath): string[] {
  if (list === 'points' && inner === undefined) return Object.keys(POINT_SCHEMA.shape);
  if (list === 'replay') return Object.keys(REPLAY_SCHEMA.shape);
  if (list === 'pareto') return Object.keys(PARETO_SCHEMA.shape);
  if (list === 'set') return Object.keys(RANGE_SCHEMA.shape);
  return Object.keys(STUDY_SCHEMA.shape);
}
