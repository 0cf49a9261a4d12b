/**
 * Topology, round trip: is the inferred file, given back unchanged, without any effect on results?
 * Oracle: the same replay without a file, byte for byte but for where the topology comes from.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { ResultDocument } from '../../src/results/document.js';
import { Sandbox } from '../support/cli.js';
import { tracePath } from '../support/traces.js';
import { inferred, replayUnder } from './run.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.remove());

const HEADER = 'time_ns,event,vcpu,opcode,sid,asid,iova,size_log2,page_size\n';

/** JSON of `document` without the place that its topology comes from. */
function withoutSource(document: ResultDocument): string {
  const copy = JSON.parse(JSON.stringify(document));
  for (const { topology } of copy.provenance.traces) {
    expect(topology.source).toMatch(/^(inferred from the whole trace|topology\.yaml)$/);
    delete topology.source;
    delete topology.sha256;
  }
  return JSON.stringify(copy);
}

async function expectNoEffect(
  path: string,
  yaml: string,
  atc: string[],
  dma: 'ordered' | 'timed' = 'ordered',
): Promise<void> {
  const options = { strategies: ['all'], atc, dma };
  const plain = await replayUnder(sandbox, path, undefined, options);
  const given = await replayUnder(sandbox, path, yaml, options);
  expect(given.provenance.traces[0]).toMatchObject({ topology: { source: 'topology.yaml' } });
  expect(withoutSource(given)).toBe(withoutSource(plain));
}

/** Numbers from 0 to `n - 1`, the same for the same seed. */
function randomBelow(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** Devices that change their domain all the time, and often at the very time of a doorbell. */
function restlessTrace(seed: number): string {
  const below = randomBelow(seed);
  const rows: string[] = [];
  let time = 1000;
  for (let step = 0; step < 60; step++) {
    time += below(3) * 100;
    const sid = 8 * (1 + below(4));
    if (below(2) === 0) rows.push(`${time},dma,,,${sid},${1 + below(3)},${0x1000 * below(8)},,4096`);
    else {
      rows.push(`${time},cmd,0,ATC_INV,${sid},,${0x1000 * below(8)},0,`);
      rows.push(`${time},cmd,0,SYNC,,,,,`);
      rows.push(`${time},doorbell,0,,,,,,`);
      rows.push(`${time},sync-done,0,,,,,,`);
    }
  }
  return HEADER + rows.map((row) => `${row}\n`).join('');
}

describe('an inferred topology, given back', () => {
  it.each(['csv/ats-four-devices.csv', 'rebind-lazy.qemu-10.0.log.xz', 'boot-strict.qemu-7.2.log.xz'])(
    'changes nothing: %s',
    async (name) => {
      await expectNoEffect(tracePath(name), await inferred(tracePath(name)), ['broadcast', 'vsid']);
    },
  );

  it('changes nothing where devices change their domain between and at the times of doorbells', async () => {
    let moves = 0;
    let ambiguous = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const path = sandbox.write('restless.csv', restlessTrace(seed));
      const yaml = await inferred(path);
      moves += yaml.split('from_ns: ').length - 1;
      ambiguous += yaml.split('left to the trace').length - 1;
      await expectNoEffect(path, yaml, ['broadcast', 'vsid'], seed % 2 === 0 ? 'ordered' : 'timed');
    }
    expect(moves).toBeGreaterThan(50);
    expect(ambiguous).toBeGreaterThan(5);
  });

  it('of a trace without streams is a file too', async () => {
    const path = sandbox.write('quiet.csv', `${HEADER}1000,cmd,0,SYNC,,,,,\n1000,doorbell,0,,,,,,\n`);
    const yaml = await inferred(path);
    expect(yaml).toContain('\ndevices: []\n');
    expect(yaml).toContain('\nbindings: []\n');
    await expectNoEffect(path, yaml, ['vsid']);
  });
});

describe('the inferred file', () => {
  const trace = `${HEADER}1000,dma,,,8,1,0x1000,,4096
2000,dma,,,16,1,0x1000,,4096
3000,dma,,,8,2,0x1000,,4096
4000,cmd,0,ATC_INV,24,,0x1000,0,
4000,doorbell,0,,,,,,
5000,dma,,,8,2,0x1000,,4096
6000,dma,,,16,3,0x1000,,4096
6000,doorbell,0,,,,,,
7000,doorbell,0,,,,,,
7000,dma,,,16,4,0x1000,,4096
`;

  it('says what it is inferred from', async () => {
    expect(await inferred('-', trace)).toBe(`# Topology inferred from <stdin>, all 10 events.
# Edit it and give it to replay or compare: --topology FILE. Unchanged it changes no result.
schema: smmuscope.topology/1

# Physical SMMUs. Add one by a line, and say smmu: 1 for the devices behind it; queue: the guest CMDQ of its vSMMU.
smmus:
  - {}

# sid: every StreamID that translates or that the guest configures. An ATC_INV to any other is an error with --atc vsid.
# ats: true if an ATC_INV names it.
# Not in a trace, add what you know: psid (physical StreamID), atc_entries (instead of the profile’s atc.entries).
devices:
  - { sid: 0x8, ats: false } # 3 translations, 0 ATC_INVs
  - { sid: 0x10, ats: false } # 3 translations, 0 ATC_INVs
  # 0x18: only ATC_INVs name it; a device if you say so

# asid: the ASID of its translations, of those with a PASID if there is an ssid. from_ns: the first with another one.
bindings:
  - { sid: 0x8, asid: 1 }
  - { sid: 0x8, asid: 2, from_ns: 3000 }
  # 0x10: moves at the very time of a doorbell; left to the trace, which has the order
`);
  });

  it('can be of the beginning only', async () => {
    const yaml = await inferred('-', trace, 3);
    expect(yaml).toContain('# Topology inferred from <stdin>, the first 3 events.');
    expect(yaml).not.toContain('0x18');
  });
});
