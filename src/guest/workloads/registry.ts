/** All workloads by name. A new one is one file and one line here. */
import { suggestion, UsageError } from '../../trace/errors.js';
import { adversarial } from './adversarial.js';
import { attachStorm } from './attach-storm.js';
import { nicLazy, nicRing } from './nic-ring.js';
import { nvme } from './nvme.js';
import { gpuMigration, svaMunmap } from './shared-memory.js';
import type { Workload, WorkloadParameter } from './workload.js';

export const WORKLOADS: readonly Workload[] = [
  nicRing,
  nicLazy,
  nvme,
  svaMunmap,
  gpuMigration,
  attachStorm,
  adversarial,
];

/**
 * The workload called `name`.
 * @throws UsageError that lists the known ones
 */
export function workloadByName(name: string): Workload {
  const found = WORKLOADS.find((workload) => workload.name === name);
  if (found !== undefined) return found;
  const known = WORKLOADS.map((workload) => workload.name);
  throw new UsageError(`unknown workload ${name}${suggestion(name, known, 'smmuscope workloads')}`);
}

/**
 * The value of every parameter of `workload`: its default, or what `assignments` (`KEY=VALUE`) say.
 * @throws UsageError for an unknown key or a value out of range
 */
export function parametersOf(workload: Workload, assignments: readonly string[]): ReadonlyMap<string, number | string> {
  const values = new Map(workload.parameters.map((parameter) => [parameter.key, parameter.default]));
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    if (at < 1) throw new UsageError(`--set: expected KEY=VALUE, found ${JSON.stringify(assignment)}`);
    const key = assignment.slice(0, at);
    const parameter = workload.parameters.find((candidate) => candidate.key === key);
    if (parameter === undefined) {
      const known = workload.parameters.map((candidate) => candidate.key);
      throw new UsageError(`--set: unknown parameter ${key} of ${workload.name}${suggestion(key, known)}`);
    }
    values.set(key, parseValue(parameter, assignment.slice(at + 1)));
  }
  return values;
}

function parseValue({ key, range, choices }: WorkloadParameter, text: string): number | string {
  const isKnown = choices?.includes(text) ?? false;
  if (isKnown) return text;
  const value = Number(text);
  if (range !== undefined && /^\d+$/.test(text) && value >= range[0] && value <= range[1]) return value;
  const expected = choices === undefined ? `an integer from ${range?.join(' to ')}` : choices.join(' or ');
  throw new UsageError(`--set ${key}: expected ${expected}, found ${JSON.stringify(text)}`);
}
