/**
 * Whose a file is that a run leaves for a while: a name that says which process made it, and whether that one is still there.
 *
 * A killed process cannot clean up; the next one may, but only if it knows that the owner is dead. Several machines and
 * containers may share a folder, and a number of a process means something only where it was given. So a name has
 * - the place: machine, host name and space of process numbers;
 * - the boot: on the same machine, whatever ran before the last one is dead;
 * - the process, and when it began: numbers are given again.
 * Of an owner in another place nothing is known; it counts as alive.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

const OWNER = /^([0-9a-f]{8})-([0-9a-f]{8})-(\d+)-(\d+)$/;

const machine = textOf('/etc/machine-id');
const place = digest(machine, hostname(), linkOf('/proc/self/ns/pid'));
const boot = digest(textOf('/proc/sys/kernel/random/boot_id'));

/** This process. */
export const thisOwner: string = [place, boot, process.pid, beginningOf(process.pid) ?? 0].join('-');

/** A pattern of an owner's text, for names that have one in them. */
export const OWNER_PATTERN = '[0-9a-f]{8}-[0-9a-f]{8}-\\d+-\\d+';

/** Some hexadecimal digits that no other file of this process has. */
export const randomSuffix = (): string => randomBytes(4).toString('hex');

/** Number of the owner's process. */
export const processOf = (owner: string): number => Number(OWNER.exec(owner)?.[3]);

/** What is known of an owner. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/** What is known of `owner`; of a text that is none, nothing is. */
export function livenessOf(owner: string): Liveness {
  const [, ofPlace, ofBoot, pid, beginning] = OWNER.exec(owner) ?? [];
  if (ofPlace !== place) return 'unknown';
  // Without an identity of the machine, its twin with the same host name may have booted at another time.
  if (ofBoot !== boot) return machine === '' ? 'unknown' : 'dead';
  return isRunning(Number(pid), Number(beginning)) ? 'alive' : 'dead';
}

function isRunning(pid: number, beginning: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const began = beginningOf(pid);
  return began === undefined || beginning === 0 || began === beginning;
}

/** When process `pid` began, in ticks since boot; -1 for one that has ended and is only waited for; undefined if not told. */
function beginningOf(pid: number): number | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  // The name of the program, in parentheses, may hold blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields.length < 20) return undefined;
  return fields[0] === 'Z' || fields[0] === 'X' ? -1 : Number(fields[19]);
}

/** Content of a file of the system; empty where there is none. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return '';
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function digest(...texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, 8);
}
