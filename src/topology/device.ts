/** A stream of a topology. */
import { ABSENT } from '../trace/events.js';

/** One stream. */
export interface Device {
  readonly sid: number;
  /** The guest sends it ATC_INVs. */
  hasAts: boolean;
  /** ASID of its current domain; ABSENT if it is not known. */
  asid: number;
  /** Entries of its ATC if the topology file gives them. */
  atcEntries?: number | undefined;
  /** Physical StreamID if the topology file gives it. */
  psid?: number | undefined;
  /** Number of the physical SMMU that it sits behind. */
  smmu: number;
  /** ASID of each of its PASIDs, by SubstreamID, as far as known. */
  readonly pasids: Map<number, number>;
  /** The topology file has it. */
  isListed: boolean;
  /** The topology file says whether it has an ATC. */
  isAtsDeclared: boolean;
  /** The topology file says its domains. */
  isBoundByFile: boolean;
}

/** A stream of which nothing but its SID is known. */
export function newDevice(sid: number): Device {
  return {
    sid,
    smmu: 0,
    pasids: new Map(),
    hasAts: false,
    asid: ABSENT,
    isListed: false,
    isAtsDeclared: false,
    isBoundByFile: false,
  };
}

/** A device without a known domain counts as a member of every one, unless it translates under PASIDs only. */
export function isInDomain({ asid: own, pasids }: Device, asid: number): boolean {
  if (asid < 0 || own === asid) return true;
  if (own === ABSENT && pasids.size === 0) return true;
  for (const of of pasids.values()) if (of === asid) return true;
  return false;
}
