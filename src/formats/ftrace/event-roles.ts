/**
 * Which event of an ftrace recording plays which role. Probes have the names that their user gave them, so the names are an
 * option: `--ftrace-events cmdq=my_probe,cmdq-ret=my_return`. A role that the option leaves out keeps its usual names.
 */
import { suggestion, UsageError } from '../../trace/errors.js';
import { NameTable } from '../text/name-table.js';

/** What an event means. */
export const enum Role {
  /** Entry of arm_smmu_cmdq_issue_cmdlist: raw command words. */
  Call = 0,
  /** Its return. */
  Return = 1,
  /** Entry of qi_submit_sync (VT-d): raw descriptors. */
  QiCall = 2,
  QiReturn = 3,
  /** iommu:map and iommu:unmap. */
  Map = 4,
  Unmap = 5,
}

/** Role names of the option, indexed by Role, with the event names that are looked for without it. */
const ROLES: readonly (readonly [name: string, usual: readonly string[]])[] = [
  ['cmdq', ['smmu_cmdq']],
  ['cmdq-ret', ['smmu_cmdq_ret']],
  ['qi', ['vtd_qi', 'qi_submit']],
  ['qi-ret', ['vtd_qi_ret', 'qi_submit_ret']],
  ['map', ['map']],
  ['unmap', ['unmap']],
];

const EVENT_NAME = /^[A-Za-z_][\w.-]*$/;

/** Event names of one recording. */
export interface EventRoles {
  /** Words of a line after its time, colon included, looked up by number. */
  readonly table: NameTable;
  /** Role of a looked-up number. */
  readonly roleOf: Uint8Array;
  /** The names looked for, for messages. */
  readonly names: readonly string[];
}

/**
 * Event names from the text of `--ftrace-events`.
 * @throws UsageError for an unknown or repeated role, or a name that no event can have
 */
export function eventRoles(option: string | undefined): EventRoles {
  const names = ROLES.map(([, usual]) => usual);
  const given = new Map<string, string>();
  for (const part of option === undefined ? [] : option.split(',')) {
    const [role, event, ...more] = part.split('=').map((text) => text.trim());
    if (event === undefined || more.length > 0) throw refusal('ROLE=EVENT separated by commas', part.trim());
    const index = ROLES.findIndex(([name]) => name === role);
    if (index < 0) {
      const known = ROLES.map(([name]) => name);
      throw new UsageError(`--ftrace-events: unknown role ${role}${suggestion(role, known)}`);
    }
    if (given.has(role)) throw refusal('every role once', `a second ${role}`);
    // perf writes the group before the name; the group does not matter.
    const name = event.slice(event.lastIndexOf(':') + 1);
    if (!EVENT_NAME.test(name)) throw refusal(`the name of an event for ${role}`, event);
    const taken = [...given].find(([, other]) => other === name);
    if (taken !== undefined) throw refusal('every event in one role', `${name} for ${taken[0]} and ${role}`);
    given.set(role, name);
    names[index] = [name];
  }
  const entries = names.flatMap((events, role) =>
    events
      .filter((name) => given.get(ROLES[role][0]) === name || ![...given.values()].includes(name))
      .map((name) => ({ name, role })),
  );
  return {
    table: new NameTable(entries.map(({ name }) => `${name}:`)),
    roleOf: Uint8Array.from(entries, ({ role }) => role),
    names: entries.map(({ name }) => name),
  };
}

function refusal(expected: string, found: string): UsageError {
  return new UsageError(`--ftrace-events: expected ${expected}, found ${JSON.stringify(found)}`);
}
