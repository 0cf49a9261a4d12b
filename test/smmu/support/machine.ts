/** Short ways to drive an Smmu in tests: one stream, one ASID, commands by name. */

import type { StructureName } from '../../../src/smmu/counters.js';
import { Smmu } from '../../../src/smmu/smmu.js';
import type { SmmuOptions } from '../../../src/smmu/smmu-options.js';
import { type SmmuSnapshot, type StructureSnapshot, takeSnapshot } from '../../../src/smmu/snapshot.js';
import { Stage } from '../../../src/smmu/stage.js';
import { type CommandFields, encodeCommand } from '../../../src/trace/command.js';
import { OPCODES, type OpcodeName } from '../../../src/trace/opcodes.js';
import { type Overrides, settings } from './settings.js';

/** What a translation may say beyond its page. */
export interface Access {
  readonly sid?: number;
  readonly ssid?: number;
  readonly asid?: number;
  readonly vmid?: number;
  readonly sizeLog2?: number;
  readonly granuleLog2?: number;
  readonly stage?: Stage;
  readonly fault?: boolean;
}

export class Machine {
  readonly smmu: Smmu;
  private published = 0;

  constructor(overrides: Overrides = {}, options: SmmuOptions = {}) {
    this.smmu = new Smmu(settings(overrides), options);
  }

  /** Translate a page; returns ns. */
  translate(page: number, access: Access = {}): number {
    const { sid = 8, ssid = -1, asid = 1, vmid = 0, sizeLog2 = 12, granuleLog2 = 12 } = access;
    const { stage = Stage.Default, fault = false } = access;
    return this.smmu.translate(sid, ssid, asid, vmid, page, sizeLog2, granuleLog2, stage, fault);
  }

  translateAll(pages: Iterable<number>, access: Access = {}): void {
    for (const page of pages) this.translate(page, access);
  }

  /** A host command takes effect; returns the entries removed. */
  execute(opcode: OpcodeName, fields: CommandFields = {}, targetSid = -1): number {
    return this.smmu.execute(...encodeCommand(OPCODES[opcode], fields), targetSid);
  }

  /** The guest publishes a command; returns its number. */
  markStale(opcode: OpcodeName, fields: CommandFields = {}, queue = 0): number {
    const number = this.published++;
    this.smmu.markStale(...encodeCommand(OPCODES[opcode], fields), number, queue);
    return number;
  }

  get snapshot(): SmmuSnapshot {
    return takeSnapshot(this.smmu);
  }

  /** Counters of one structure. */
  counts(name: StructureName): StructureSnapshot {
    const found = this.snapshot.structures[name];
    if (found === undefined) throw new Error(`no structure ${name}`);
    return found;
  }
}

/** Numbers `from … from + count − 1`. */
export const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, index) => from + index);

/** A deterministic sequence of integers below `below`. */
export function randomIntegers(count: number, below: number, seed: number): number[] {
  let state = seed;
  return range(count).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  });
}
