/**
 * Reads a study file and checks what its schema cannot know: names of strategies, profiles and parameters, values in range,
 * files that are there. A sweep of hours must not end in a misspelling.
 */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { metricCalled } from '../columns/choose.js';
import { parseColumnMap } from '../formats/csv/column-map.js';
import { foreignFile } from '../formats/foreign-file.js';
import { eventRoles } from '../formats/ftrace/event-roles.js';
import { readerByName } from '../formats/registry.js';
import { parseTransformList } from '../guest/transforms/transform-list.js';
import { DEFAULT_PROFILE, loadProfile } from '../profiles/load.js';
import { parseFaults } from '../replay/faults/fault.js';
import type { ParameterValue } from '../results/study-document.js';
import { resolveStrategies, strategyFilesIn } from '../strategies/spec.js';
import { setupOf } from '../strategies/transport.js';
import { strategyCode } from '../strategies/user/code/strategy-code.js';
import { isStrategyFile } from '../strategies/user/load-user-strategy.js';
import { loadTopology } from '../topology/load.js';
import { type CheckedYaml, parseCheckedYaml, type YamlPath } from '../trace/checked-yaml.js';
import { parseDurationNs } from '../trace/duration.js';
import { suggestion, UsageError, UserError } from '../trace/errors.js';
import { ownFile } from '../trace/own-files.js';
import { AXES, parameterCount, parameterValues } from './axes.js';
import { PARETO_SCHEMA, POINT_SCHEMA, RANGE_SCHEMA, REPLAY_SCHEMA, STUDY_SCHEMA, type StudyFile } from './schema.js';

/** Code of a user that a study names. */
export interface NamedCode {
  /** `FILE:LINE: KEY` of the study. */
  readonly where: string;
  /** As the study writes it. */
  readonly file: string;
}

/**
 * What is done with it. `refuse`: a study with code is an error. `leave`: it is read for the identities of points, and never run.
 * `run`: somebody has allowed it.
 */
export type CodePolicy = 'refuse' | 'leave' | 'run';

/** A study whose every name and value is good, but that its code may not have been run. */
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
  /** The code that its strategies name may be run. */
  readonly runsCode: boolean;
}

/** A study that has been read, but whose names and values are not checked yet: to do so may run code. */
export interface OpenedStudy {
  readonly code: readonly NamedCode[];
  /**
   * The study, checked.
   * @throws UsageError `FILE:LINE: KEY: expected …, found …`
   */
  check(policy: CodePolicy): Study;
}

/**
 * Read the study at `path`, and run nothing.
 * @param maxPoints most points that it may have
 * @throws UsageError `FILE:LINE: KEY: expected …, found …`
 */
export function openStudy(path: string, maxPoints: number): OpenedStudy {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path}: expected a readable study file, found ${(error as NodeJS.ErrnoException).code}`);
  }
  const other = ownFile(text)?.schema.startsWith('smmuscope.study/') === true ? undefined : foreignFile(text);
  if (other !== undefined) throw new UsageError(`${path}: expected a study, found ${other}`);
  const checked = parseCheckedYaml(text, path, {
    what: 'a study',
    family: 'smmuscope.study',
    schema: STUDY_SCHEMA,
    keysAt,
  });
  const count = countPoints(checked.content);
  if (count > maxPoints) {
    throw new UsageError(`${path}: expected at most ${maxPoints} points (--max-points), found ${count}`);
  }
  const code = namedCode(checked);
  return {
    code,
    check(policy) {
      if (policy === 'refuse') requireNoCode(code);
      const study = studyOf(checked.content, path, policy === 'run');
      new StudyCheck(checked, study).all();
      return study;
    },
  };
}

/**
 * The study at `path`, checked.
 * @throws UsageError as `openStudy` and `OpenedStudy.check`
 */
export function loadStudy(path: string, maxPoints: number, policy: CodePolicy = 'refuse'): Study {
  return openStudy(path, maxPoints).check(policy);
}

/** @throws UsageError that says how `code` is allowed, if there is any */
export function requireNoCode(code: readonly NamedCode[]): void {
  if (code.length === 0) return;
  const [{ where, file }] = code;
  throw new UsageError(
    `${where}: expected --allow-code for code that a study names (it runs with your rights), found ${file} without it`,
  );
}

/** Every file of code in the order of the study. */
function namedCode({ content, where }: CheckedYaml<StudyFile>): NamedCode[] {
  const specs: [string | undefined, YamlPath][] = [
    ...content.strategies.map((spec, index): [string, YamlPath] => [spec, ['strategies', index]]),
    ...(content.points ?? []).map(({ strategy }, at): [string | undefined, YamlPath] => [
      strategy,
      ['points', at, 'strategy'],
    ]),
  ];
  return specs.flatMap(([spec = '', path]) => strategyFilesIn(spec).map((file) => ({ where: where(path), file })));
}

/** A study that was put together by the program: `path` is where its paths start from. */
function studyOf(content: StudyFile, path: string, runsCode: boolean): Study {
  const folder = dirname(path);
  const resolve = (file: string) => (/^([/\\]|[A-Za-z]:[/\\])/.test(file) ? file : join(folder, file));
  return {
    file: basename(path),
    content,
    runsCode,
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
    for (const [index, name] of (pareto?.objectives ?? []).entries())
      this.objective(name, ['pareto', 'objectives', index]);
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
    if (spec.includes(',')) throw this.checked.fault(path, 'one strategy per entry');
    const resolved = this.study.resolveStrategy(spec);
    if (!this.study.runsCode && strategyFilesIn(spec).length > 0) {
      for (const file of strategyFilesIn(resolved)) this.at(path, () => strategyCode(file));
      return;
    }
    const choices = this.at(path, () => resolveStrategies([resolved]));
    const files = choices.filter((choice) => choice.module !== undefined);
    if (files.length === 0) return;
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
  private parameter(key: string, value: ParameterValue, path: YamlPath): void {
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
    for (const [key, value] of Object.entries(point.set ?? {})) this.parameter(key, value, [...path, 'set', key]);
  }

  private objective(name: string, path: YamlPath): void {
    const { entry } = this.at(path, () => metricCalled(name));
    if (entry.direction === 'neutral') throw this.checked.fault(path, 'a metric of which less or more is better');
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
