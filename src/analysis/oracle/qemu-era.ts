/**
 * The three behaviours of QEMU's emulated SMMUv3 that a replay must tell apart.
 *
 * Source: facts M §2.1–2.2 (smmuv3.c and smmu-common.c at 7.2, 8.2, 9.2), M §2.6 "renames in time".
 */

/** What differs between versions. Range invalidation, capacity and lookup are the same in all. */
export interface QemuEra {
  /** First version that behaves so. */
  readonly since: string;
  /** Entries are tagged with a VMID (8.1). Before, the VMID of a command is printed but not used. */
  readonly tagsVmid: boolean;
  /** Ids are 16 bits wide, so that −1 ("none") shows as 65535 (8.1 to 9.0). */
  readonly idsAreUnsigned: boolean;
  /** TLBI_S2_IPA and TLBI_S12_VMALL are executed (8.1); before, they are "unhandled" and change nothing. */
  readonly executesStage2: boolean;
  /** TLBI_NH_ASID looks at the VMID; NH_ALL spares other VMIDs; S2_IPA only removes stage-2 entries (9.1). */
  readonly separatesStages: boolean;
}

const BEFORE_8_1: QemuEra = {
  since: '6.0',
  tagsVmid: false,
  idsAreUnsigned: false,
  executesStage2: false,
  separatesStages: false,
};

const FROM_8_1: QemuEra = {
  since: '8.1',
  tagsVmid: true,
  idsAreUnsigned: true,
  executesStage2: true,
  separatesStages: false,
};

const FROM_9_1: QemuEra = {
  since: '9.1',
  tagsVmid: true,
  idsAreUnsigned: false,
  executesStage2: true,
  separatesStages: true,
};

/**
 * Era of a reader's `version` statistic (`7.2`, `8.x`, `9.x`, `10.x`). Text without a number, such as the empty version
 * of a CSV trace, is the newest. A minor that is not known counts as the newest of its major.
 */
export function qemuEraOf(version: string): QemuEra {
  const match = /(\d+)(?:\.(\d+))?/.exec(version);
  if (match === null) return FROM_9_1;
  const major = Number(match[1]);
  const minor = match[2] === undefined ? Number.POSITIVE_INFINITY : Number(match[2]);
  if (major < 8 || (major === 8 && minor < 1)) return BEFORE_8_1;
  if (major === 8 || (major === 9 && minor < 1)) return FROM_8_1;
  return FROM_9_1;
}
