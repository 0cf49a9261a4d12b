/**
 * The contract of a recording recipe: the text of a script or of command lines that record a trace which a reader of
 * this tool opens.
 *
 * A recipe is pure text from settings: it runs nothing and looks at nothing on this machine. Lines that are not commands
 * are comments, so that the text can be saved and run as it is. Event and argument names are those that the readers expect
 * without any option. What was recorded with these very lines: facts of the sample recordings (traces/README.md).
 */

/** Whose recording, and of what. */
export interface RecordSettings {
  /** Guest kernel: `[6, 12]`. */
  readonly kernel: readonly [number, number];
  /** arm64: an SMMUv3; x86_64: a VT-d IOMMU, whose recordings are translated when they are read. */
  readonly arch: 'arm64' | 'x86_64';
  /** QEMU: `[10, 0]`. */
  readonly qemu: readonly [number, number];
  /** Devices with ATS (x86_64 only: the emulated SMMUv3 has none). */
  readonly ats: boolean;
  /** Guest with the flush queue instead of strict unmaps. */
  readonly lazy: boolean;
  /** Commands whose words are captured of each call of the driver. */
  readonly commands: number;
}

/** One way to record. A new one is one file that exports one of these and one line in registry.ts. */
export interface RecordRecipe {
  readonly name: string;
  readonly summary: string;
  text(settings: RecordSettings): string;
}

/** Most commands that a kprobe can capture: an array argument has at most 64 elements of 64 bits. */
export const MOST_COMMANDS = 32;
/** Most commands that are captured as arguments of their own; beyond, one array argument. */
export const MOST_SINGLE_COMMANDS = 8;

/** True if kernel `a.b` is not older than `major.minor`. */
export function isFrom([a, b]: readonly [number, number], major: number, minor: number): boolean {
  return a > major || (a === major && b >= minor);
}

/** Parameters of the driver's function by number: the command list was the second until 6.11, the third from 6.12. */
export function cmdlistArguments(kernel: readonly [number, number]): { cmds: number; n: number; sync: number } {
  return isFrom(kernel, 6, 12) ? { cmds: 2, n: 3, sync: 4 } : { cmds: 1, n: 2, sync: 3 };
}

/** What is not certain about the driver of `kernel`. */
export function kernelCaveat(kernel: readonly [number, number]): string[] {
  if (!isFrom(kernel, 7, 2)) return [];
  return ['The driver was read up to 7.1 only: check the parameters of the probed function in your source first.'];
}

/** What to put on the guest kernel's command line. */
export function kernelArguments({ arch, lazy }: RecordSettings): string {
  const strict = `iommu.strict=${lazy ? 0 : 1}`;
  return arch === 'x86_64' ? `intel_iommu=on ${strict}` : `${strict} iommu.passthrough=0`;
}

/** `6.12`. */
export function versionText([major, minor]: readonly [number, number]): string {
  return `${major}.${minor}`;
}
