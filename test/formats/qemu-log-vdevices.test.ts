/**
 * Which commands does an accelerated vSMMU keep from the host, because QEMU has no vDEVICE for their stream (facts N26 §E1)?
 */
import { describe, expect, it } from 'vitest';
import { decodeCommand } from '../../src/trace/command.js';
import { EventFlag, EventKind } from '../../src/trace/events.js';
import { opcodeKey } from '../../src/trace/opcodes.js';
import { readContent, readTrace, tracePath } from '../support/traces.js';

const VIOMMU =
  'iommufd_backend_alloc_viommu  iommufd=17 dev_id=1 type=1 hwpt_id=3 data_ptr=0x0 data_len=0x0 viommu_id=4 (0)';
const VDEV = (sid: string) =>
  `iommufd_backend_alloc_vdev  iommufd=17 dev_id=1 viommu_id=4 virt_id=${sid} vdev_id=7 (0)`;
const INSTALL = (sid: string) => `smmuv3_accel_install_ste vSID=${sid} ste type=abort hwpt_id=0x5`;
const FORWARDED =
  'iommufd_backend_invalidate_cache  iommufd=17 id=4 data_type=1 entry_len=16 entry_num=1 done_num=1 data_ptr=0x7f (0)';
const FREED = 'iommufd_backend_free_id  iommufd=17 id=7 (0)';
const PROD = 'smmuv3_write_mmio addr: 0x98 val:0x9 size: 0x4(0)';
const opcode = (name: string) => `smmuv3_cmdq_opcode <--- SMMU_CMD_${name}`;
const cd = (sid: string) => [opcode('CFGI_CD'), `smmuv3_cmdq_cfgi_cd sid=${sid}`];
const ste = (sid: string) => [opcode('CFGI_STE'), `smmuv3_cmdq_cfgi_ste streamid= ${sid}`];

type Batches = Awaited<ReturnType<typeof readTrace>>['batches'];

/** Commands in order, those that are kept from the host with a minus before them. */
function commandsOf(batches: Batches): string[] {
  const found: string[] = [];
  for (const batch of batches) {
    for (let row = 0; row < batch.count; row++) {
      if (batch.kind[row] !== EventKind.Cmd) continue;
      const { SID } = decodeCommand([batch.cmd0Low[row], batch.cmd0High[row], batch.cmd1Low[row], batch.cmd1High[row]]);
      const sign = (batch.flags[row] & EventFlag.NoVdevice) === 0 ? '' : '-';
      found.push(`${sign}${opcodeKey(batch.cmd0Low[row])}${SID === undefined ? '' : `:${SID}`}`);
    }
  }
  return found;
}

const kept = async (...lines: string[]) => commandsOf((await readContent([...lines, PROD, ''].join('\n'))).batches);

describe('recorded: guest on the upstream stack, one VFIO device at 0x10, an emulated host bridge at 0x0', () => {
  it('marks the two CFGI_CDs and the CFGI_STEs of the host bridge, and nothing of the device', async () => {
    const { batches } = await readTrace(tracePath('nested-strict.qemu-11.log.xz'));
    const commands = commandsOf(batches).filter((text) => !/SYNC|TLBI|PREFETCH/.test(text));
    // What QEMU did: 14 CFGI_CDs of 16 were handed to the host, and no STE of the host bridge was installed.
    expect(commands.filter((text) => text.startsWith('-'))).toEqual([
      '-CFGI_CD:0',
      '-CFGI_CD:0',
      '-CFGI_STE:0',
      '-CFGI_STE:0',
    ]);
    expect(commands.filter((text) => text === 'CFGI_CD:16')).toHaveLength(14);
    expect(commands.filter((text) => text === 'CFGI_STE:16')).toHaveLength(14);
  });
});

describe('what tells that a stream has a vDEVICE', () => {
  it('its allocation inside the command that first names it, until it is freed', async () => {
    expect(
      await kept(VIOMMU, ...cd('0x10'), ...ste('0x10'), VDEV('0x10'), ...cd('0x10'), PROD, FREED, ...cd('0x10')),
    ).toEqual(['-CFGI_CD:16', 'CFGI_STE:16', 'CFGI_CD:16', '-CFGI_CD:16']);
  });

  it('a command for it that was handed to the host, where the log begins later', async () => {
    expect(await kept(...cd('0x8'), ...cd('0x10'), FORWARDED, ...ste('0x8'))).toEqual([
      '-CFGI_CD:8',
      'CFGI_CD:16',
      // Whether an STE was installed only lines of other events would show.
      'CFGI_STE:8',
    ]);
  });

  it('an STE that was installed for it', async () => {
    expect(await kept(...ste('0x8'), ...ste('0x10'), INSTALL('0x10'), ...ste('0x8'))).toEqual([
      '-CFGI_STE:8',
      'CFGI_STE:16',
      '-CFGI_STE:8',
    ]);
  });
});

it('ATC_INV, whose stream is not in the log, is judged by its own lines', async () => {
  expect(
    await kept(VIOMMU, opcode('TLBI_NSNH_ALL'), FORWARDED, opcode('ATC_INV'), opcode('ATC_INV'), FORWARDED),
  ).toEqual(['TLBI_NSNH_ALL', '-ATC_INV:0', 'ATC_INV:0']);
});

it('a range of streams is kept if no vDEVICE is in it', async () => {
  const range = (first: string, last: string) => [
    opcode('CFGI_STE_RANGE'),
    `smmuv3_cmdq_cfgi_ste_range start=${first} - end=${last}`,
  ];
  expect(await kept(VDEV('0x10'), ...range('0x0', '0xf'), ...range('0x0', '0x1f'))).toEqual([
    '-CFGI_STE_RANGE:0',
    'CFGI_STE_RANGE:0',
  ]);
});

it('without acceleration nothing is marked; with it, but without lines of the host, that is said', async () => {
  expect(await kept(...cd('0x0'), ...ste('0x0'))).toEqual(['CFGI_CD:0', 'CFGI_STE:0']);
  const { trace } = await readContent(
    ['smmuv3_accel_set_iommu_device devfn=0x10 (idev devid=0x1)', PROD, ''].join('\n'),
  );
  expect(trace.statistics.lossy.map(({ what }) => what)).toContain(
    'accelerated vSMMU without iommufd_backend_* lines: which streams have a vDEVICE is not in the log',
  );
});

it('survives conversion to CSV and back', async () => {
  const text = 'time_ns,event,opcode,sid,flags\n0,cmd,CFGI_CD,0,reconstructed+no-vdevice\n1,doorbell,,,\n';
  const { batches } = await readContent(text);
  expect(commandsOf(batches)).toEqual(['-CFGI_CD:0']);
});
