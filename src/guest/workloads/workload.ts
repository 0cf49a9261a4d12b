/**
 * The contract of a generated workload: programs of vCPUs and devices that drive a guest's Linux driver (guest.ts).
 *
 * Contract:
 * - A program is a generator: it acts on the guest, yields how many ns pass before it goes on, and returns when
 *   `guest.isOver` at the end of what it is doing, so that a trace ends with every SYNC seen and every unmap done.
 * - Randomness comes from `guest.random` only: the same settings and seed give the same bytes.
 * - State is bounded by the settings, never by the number of events.
 */
import type { GuestEra } from '../driver/eras.js';
import type { Guest } from './guest.js';

/** Acts, yields ns to wait, acts … */
export type Program = Generator<number, void, void>;

/** An integer or a choice that `--set KEY=VALUE` changes. */
export interface WorkloadParameter {
  readonly key: string;
  readonly default: number | string;
  /** Bounds of an integer. */
  readonly range?: readonly [number, number];
  /** Values of a choice. */
  readonly choices?: readonly string[];
  readonly help: string;
}

/** What decides a generated trace. */
export interface GenerateSettings {
  /** The trace ends soon after so many events. */
  readonly events: number;
  readonly vcpus: number;
  readonly devices: number;
  readonly seed: number;
  readonly era: GuestEra;
  /** Value of each of the workload's parameters. */
  readonly parameters: ReadonlyMap<string, number | string>;
}

/** One workload. A new one is one file that exports one of these and one line in registry.ts. */
export interface Workload {
  readonly name: string;
  readonly summary: string;
  readonly parameters: readonly WorkloadParameter[];
  programs(guest: Guest): Program[];
}

/** Does the guest's SMMU have range invalidation? */
export const RIL: WorkloadParameter = {
  key: 'ril',
  default: 'on',
  choices: ['on', 'off'],
  help: 'range invalidation (IDR3.RIL)',
};

/** Do the devices have ATCs? */
export function ats(byDefault: 'on' | 'off'): WorkloadParameter {
  return { key: 'ats', default: byDefault, choices: ['on', 'off'], help: 'devices with ATS: ATC_INVs after the TLBIs' };
}

/** An integer parameter. */
export function integer(key: string, byDefault: number, least: number, most: number, help: string): WorkloadParameter {
  return { key, default: byDefault, range: [least, most], help };
}
