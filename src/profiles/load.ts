/**
 * Profiles: named sets of model parameters, each value with unit, source and tag.
 *
 * Built-in profiles are the YAML files beside this one (facts M §4); a path loads a user's own file of the same shape.
 * `--set KEY=VALUE` overrides one parameter and marks it as the user's.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { PROTOTYPE, prototypeKey } from '../trace/checked-yaml.js';
import { suggestion, UsageError } from '../trace/errors.js';
import { ownFile } from '../trace/own-files.js';
import { DEFAULT_PROFILE } from './default-profile.js';
import { LoadedProfile, PARAMETER_SPECS, type Parameter } from './loaded-profile.js';
import type { ParameterSpec } from './parameters.js';

export { LoadedProfile, PARAMETER_SPECS, type Parameter } from './loaded-profile.js';

const FILE_SCHEMA = z.strictObject({
  name: z.string().min(1),
  title: z.string(),
  source: z.string(),
  parameters: z.record(
    z.string(),
    z.strictObject({
      value: z.union([z.number(), z.string(), z.boolean()]),
      unit: z.string(),
      tag: z.enum(['V', 'D', 'R', 'E', 'U', 'C']),
      source: z.string(),
      range: z.strictObject({ low: z.int(), high: z.int(), source: z.string() }).optional(),
    }),
  ),
});

const PROFILE_FOLDER = import.meta.dirname;

/** Names of the built-in profiles, default first. */
export function profileNames(): string[] {
  const names = readdirSync(PROFILE_FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
  return [DEFAULT_PROFILE, ...names.filter((name) => name !== DEFAULT_PROFILE)];
}

export { DEFAULT_PROFILE };

/**
 * Load a built-in profile by name, or a YAML file by path (anything with a slash or ending in .yaml/.yml), and apply
 * `KEY=VALUE` overrides.
 * @throws UsageError for an unknown name or key, an unreadable or malformed file, or a value out of range
 */
export function loadProfile(nameOrPath: string, overrides: readonly string[] = []): LoadedProfile {
  const isPath = /[/\\]|\.ya?ml$/.test(nameOrPath);
  if (!isPath && !profileNames().includes(nameOrPath)) {
    const known = profileNames().map((name) => ({ name, about: readProfileFile(builtInFile(name)).title }));
    throw new UsageError(`unknown profile ${nameOrPath}${suggestion(nameOrPath, known)}`);
  }
  const file = isPath ? nameOrPath : builtInFile(nameOrPath);
  const content = readProfileFile(file);
  const values = new Map<string, Parameter>();
  for (const spec of PARAMETER_SPECS) {
    const given = content.parameters[spec.key];
    if (given === undefined) throw new UsageError(`${file}: expected parameter ${spec.key}, found none`);
    if (given.unit !== spec.unit) {
      throw new UsageError(`${file}: ${spec.key}: expected unit ${spec.unit}, found ${given.unit}`);
    }
    values.set(spec.key, {
      key: spec.key,
      value: checkValue(spec, given.value, `${file}: ${spec.key}`),
      unit: spec.unit,
      tag: given.tag,
      source: given.source,
      range: checkRange(spec, given, `${file}: ${spec.key}: range`),
      help: spec.help,
      overridden: false,
    });
  }
  for (const key of Object.keys(content.parameters)) {
    if (!values.has(key)) throw new UsageError(`${file}: unknown parameter ${key}${nearestKey(key)}`);
  }
  for (const override of overrides) applyOverride(values, override);
  checkParts(values, file);
  return new LoadedProfile(content.name, content.title, [...values.values()]);
}

const builtInFile = (name: string): string => join(PROFILE_FOLDER, `${name}.yaml`);

/** Files that were read lately, by their text: a study loads the same few for each of its points. */
const parsedFiles = new Map<string, z.infer<typeof FILE_SCHEMA>>();
const PARSED_FILES_KEPT = 16;

function readProfileFile(file: string): z.infer<typeof FILE_SCHEMA> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: expected a readable profile file, found ${(error as NodeJS.ErrnoException).code}`);
  }
  const known = parsedFiles.get(text);
  if (known !== undefined) return known;
  const own = ownFile(text);
  if (own !== undefined) throw new UsageError(`${file}: expected a profile, found ${own.what}`);
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    throw new UsageError(`${file}: expected YAML, found ${document.errors[0].message.split('\n')[0]}`);
  }
  if (prototypeKey(document) !== undefined) throw new UsageError(`${file}: unknown parameter ${PROTOTYPE}`);
  const parsed = FILE_SCHEMA.safeParse(document.toJS());
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UsageError(`${file}: ${issue.path.join('.') || 'top level'}: ${issue.message}`);
  }
  if (parsedFiles.size === PARSED_FILES_KEPT) parsedFiles.clear();
  parsedFiles.set(text, parsed.data);
  return parsed.data;
}

function applyOverride(values: Map<string, Parameter>, override: string): void {
  const at = override.indexOf('=');
  if (at <= 0) throw new UsageError(`--set ${override}: expected KEY=VALUE, found ${JSON.stringify(override)}`);
  const key = override.slice(0, at).trim();
  const text = override.slice(at + 1).trim();
  const spec = PARAMETER_SPECS.find((candidate) => candidate.key === key);
  const current = values.get(key);
  if (spec === undefined || current === undefined) throw new UsageError(`--set: unknown key ${key}${nearestKey(key)}`);
  const raw = spec.unit === 'name' ? text : spec.unit === 'on/off' ? parseSwitch(text) : parseNumber(text);
  values.set(key, {
    ...current,
    value: checkValue(spec, raw, `--set ${key}`),
    tag: 'U',
    source: '--set on the command line',
    range: undefined,
    overridden: true,
  });
}

/** @throws UsageError for a part that is larger than its whole */
function checkParts(values: ReadonlyMap<string, Parameter>, file: string): void {
  for (const { key, partOf } of PARAMETER_SPECS) {
    if (partOf === undefined) continue;
    const part = values.get(key);
    const whole = values.get(partOf);
    if (part === undefined || whole === undefined || Number(part.value) <= Number(whole.value)) continue;
    const where = part.overridden || whole.overridden ? '--set' : file;
    throw new UsageError(
      `${where}: ${key}: expected at most ${whole.value} ns, the whole ${partOf} that it is a part of, found ${part.value}`,
    );
  }
}

function parseSwitch(text: string): boolean | string {
  if (['true', 'on', '1', 'yes'].includes(text)) return true;
  if (['false', 'off', '0', 'no'].includes(text)) return false;
  return text;
}

function parseNumber(text: string): number | string {
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

function checkValue(spec: ParameterSpec, value: unknown, where: string): number | string | boolean {
  if (spec.unit === 'on/off') {
    if (typeof value !== 'boolean') throw new UsageError(`${where}: expected on or off, found ${value}`);
    return value;
  }
  if (spec.unit === 'name') {
    const choices = spec.choices ?? [];
    if (typeof value !== 'string' || !choices.includes(value)) {
      throw new UsageError(`${where}: expected one of ${choices.join(', ')}, found ${value}`);
    }
    return value;
  }
  const min = spec.min ?? 0;
  const max = spec.max ?? Number.MAX_SAFE_INTEGER;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new UsageError(`${where}: expected an integer from ${min} to ${max} (${spec.unit}), found ${value}`);
  }
  return value;
}

/** The range of `given`, if it has one: ends in order, legal and around the value. */
function checkRange(
  spec: ParameterSpec,
  { value, range }: z.infer<typeof FILE_SCHEMA>['parameters'][string],
  where: string,
): Parameter['range'] {
  if (range === undefined) return undefined;
  for (const end of [range.low, range.high]) checkValue(spec, end, where);
  if (range.low <= Number(value) && Number(value) <= range.high) return range;
  throw new UsageError(`${where}: expected low and high around ${value}, found ${range.low} and ${range.high}`);
}

/** Sentence tail for an unknown key: what may have been meant, and what lists them all. */
export function nearestKey(key: string): string {
  const keys = PARAMETER_SPECS.map((spec) => spec.key).sort();
  return suggestion(key, keys, 'smmuscope profiles show');
}
