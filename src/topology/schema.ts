/**
 * The topology file `smmuscope.topology/1` (design §3): what a recording does not say, or says wrongly for the machine meant.
 *
 * Every key has an effect; what no part of the model uses yet is not accepted. The `error` of each type is what the reader
 * of a malformed file is told was expected; `describe` is for the published JSON Schema.
 */
import { z } from 'zod';

/** Version tag of the file. */
export const TOPOLOGY_FORMAT = 'smmuscope.topology/1';

const LARGEST_SID = 0xffffffff;
const LARGEST_ASID = 0xffff;
/** SMMUs that one host may have. */
const LARGEST_SMMU = 15;
const LARGEST_QUEUE = 1023;
const LARGEST_SSID = (1 << 20) - 1;
/** Entries of one ATC; more than any device is known to have. */
const LARGEST_ATC = 1 << 20;

function integer(min: number, max: number, error: string) {
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** YAML reads 0x10 as a number, JSON has only "0x10" for it: both are taken. */
function streamId(error: string) {
  const hex = z
    .string()
    .regex(/^0[xX][0-9a-fA-F]{1,8}$/)
    .transform(Number);
  return z.union([integer(0, LARGEST_SID, error), hex], { error });
}

export const DEVICE_SCHEMA = z.strictObject(
  {
    sid: streamId('a StreamID from 0 to 0xffffffff').describe('virtual StreamID: the one that the guest uses'),
    psid: streamId('a StreamID from 0 to 0xffffffff')
      .optional()
      .describe('physical StreamID that the host replaces it with; names the device in results'),
    smmu: integer(0, LARGEST_SMMU, `the number of an SMMU from 0 to ${LARGEST_SMMU}`)
      .optional()
      .describe('physical SMMU that the device sits behind, by its place in smmus; left out: 0'),
    ats: z
      .boolean({ error: 'true or false' })
      .optional()
      .describe('the device has an ATC; left out: it has one if the guest sends it ATC invalidations'),
    atc_entries: integer(1, LARGEST_ATC, `an integer from 1 to ${LARGEST_ATC}`)
      .optional()
      .describe('entries of its ATC, instead of the profile’s atc.entries; needs ats: true'),
  },
  { error: 'a mapping with the key sid' },
);

export const SMMU_SCHEMA = z.strictObject(
  {
    queue: integer(0, LARGEST_QUEUE, `a guest command queue from 0 to ${LARGEST_QUEUE}`)
      .optional()
      .describe(
        'guest command queue of the vSMMU in front of it; left out: a command goes where its domain has devices',
      ),
  },
  { error: 'a mapping, {} if nothing is to be said' },
);

export const GUEST_SCHEMA = z.strictObject(
  {
    kernel: z
      .string({ error: 'a Linux version in quotes, such as "6.12"' })
      .optional()
      .describe('Linux version whose thresholds hold where ranges are encoded anew; --guest-kernel comes first'),
    ril: z
      .boolean({ error: 'true or false' })
      .optional()
      .describe('the guest has range invalidation: its TLBIs are encoded so; --guest-ril comes first'),
    granule: z
      .enum(['4K', '16K', '64K'], { error: '4K, 16K or 64K' })
      .optional()
      .describe('granule of its tables where the recording does not say; left out: 4K'),
  },
  { error: 'a mapping with the keys kernel, ril and granule' },
);

export const BINDING_SCHEMA = z.strictObject(
  {
    sid: streamId('a StreamID from 0 to 0xffffffff').describe('virtual StreamID of a listed device'),
    ssid: integer(0, LARGEST_SSID, `a SubstreamID from 0 to ${LARGEST_SSID}`)
      .optional()
      .describe('the PASID that is bound; left out: the device itself'),
    asid: integer(0, LARGEST_ASID, `an ASID from 0 to ${LARGEST_ASID}`).describe('the domain, by its ASID'),
    from_ns: integer(0, Number.MAX_SAFE_INTEGER, 'a time of the trace in integer ns')
      .optional()
      .describe(
        'first time, in ns on the clock of the trace, at which the device is in the domain; left out: from the start',
      ),
  },
  { error: 'a mapping with the keys sid and asid' },
);

export const TOPOLOGY_SCHEMA = z
  .strictObject(
    {
      schema: z.literal(TOPOLOGY_FORMAT, { error: TOPOLOGY_FORMAT }).describe('version of this file'),
      smmus: z
        .array(SMMU_SCHEMA, { error: 'a list of SMMUs' })
        .min(1, { error: 'at least one SMMU' })
        .max(LARGEST_SMMU + 1, { error: `at most ${LARGEST_SMMU + 1} SMMUs` })
        .optional()
        .describe('physical SMMUs of the host, numbered from 0; left out: one'),
      guest: GUEST_SCHEMA.optional().describe('facts about the guest'),
      devices: z
        .array(DEVICE_SCHEMA, { error: 'a list of devices' })
        .describe('all devices of the VM; a vSID that is not among them is unknown to the host'),
      bindings: z
        .array(BINDING_SCHEMA, { error: 'a list of bindings' })
        .optional()
        .describe('domains over time; a device without a binding is in the domain that the trace shows'),
    },
    { error: `a mapping with the keys schema and devices` },
  )
  .superRefine(({ smmus = [{}], devices, bindings = [] }, context) => {
    const expect = (expected: string, path: (string | number)[]) =>
      context.addIssue({ code: 'custom', message: expected, path });
    const sids = new Set<number>();
    const psids = new Set<string>();
    const queues = new Set<number>();
    for (const [index, { queue }] of smmus.entries()) {
      if (queue !== undefined && queues.has(queue)) expect('a queue that no other SMMU has', ['smmus', index, 'queue']);
      if (queue !== undefined) queues.add(queue);
    }
    for (const [index, { sid, psid, smmu = 0, ats, atc_entries: entries }] of devices.entries()) {
      if (sids.has(sid)) expect('a StreamID that no other device has', ['devices', index, 'sid']);
      sids.add(sid);
      if (smmu >= smmus.length) expect(`an SMMU from 0 to ${smmus.length - 1}`, ['devices', index, 'smmu']);
      // One vDEVICE per physical device and VM: the table from vSID to device is one to one (facts L §5.1).
      if (psid !== undefined && psids.has(`${smmu} ${psid}`)) {
        expect('a physical StreamID that no other device has', ['devices', index, 'psid']);
      }
      if (psid !== undefined) psids.add(`${smmu} ${psid}`);
      if (entries !== undefined && ats !== true) {
        expect('ats: true beside it', ['devices', index, 'atc_entries']);
      }
    }
    const begun = new Set<string>();
    for (const [index, { sid, ssid = 'none', from_ns: fromNs }] of bindings.entries()) {
      if (!sids.has(sid)) expect('the sid of a listed device', ['bindings', index, 'sid']);
      const start = `${sid} ${ssid} ${fromNs ?? 'start'}`;
      if (begun.has(start)) expect('one binding of a device per time', ['bindings', index]);
      begun.add(start);
    }
  });

/** Content of a valid file. */
export type TopologyFile = z.output<typeof TOPOLOGY_SCHEMA>;

/**
 * The JSON Schema of the file, as text: docs/schemas/topology.schema.json.
 * @internal for the scripts and tests of docs/schemas
 */
export function topologyJsonSchema(): string {
  const { $schema, ...rest } = z.toJSONSchema(TOPOLOGY_SCHEMA, { io: 'input' });
  const title = 'Topology file of smmuscope: devices of a VM and the domains they are in over time';
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}
