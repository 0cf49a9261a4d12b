/**
 * QEMU's log backend: every command that the emulated IOMMU takes, every translation, its hits and misses.
 */
import { isFrom, kernelArguments, type RecordRecipe, type RecordSettings, versionText } from './recipe.js';

/** Events of the SMMUv3 without the walk levels and register reads: a third of the lines. */
const LEAN_SMMU_EVENTS = [
  'smmu_add_mr',
  'smmu_iotlb_*',
  'smmuv3_cmdq_*',
  'smmuv3_*range_inval*',
  'smmuv3_translate_*',
  'smmuv3_config_cache_*',
  'smmu_config*',
  'smmuv3_write_*',
  'smmuv3_record_event',
  'smmuv3_unhandled_cmd',
  'smmu_ptw_page_pte',
  'smmu_ptw_block_pte',
];

const VTD_EVENTS = ['vtd_inv_desc*', 'vtd_inv_qi_tail', 'vtd_inv_qi_head', 'vtd_iotlb*', 'vtd_dmar_translate'];

function machine(settings: RecordSettings): string[] {
  const { arch, ats } = settings;
  if (arch === 'arm64') {
    return [
      'qemu-system-aarch64 -M virt,gic-version=3,iommu=smmuv3 -cpu cortex-a72 -accel tcg,thread=multi \\',
      '  -smp 2 -m 2048 -nodefaults -display none -no-reboot \\',
      '  -kernel Image -initrd initrd.cpio -serial file:console.log \\',
      '  -drive file=disk.raw,if=none,id=d0,format=raw \\',
      '  -device nvme,drive=d0,serial=N0 \\',
    ];
  }
  const device = ats
    ? '  -device virtio-blk-pci,drive=d0,bus=p0,iommu_platform=on,ats=on,disable-legacy=on \\'
    : '  -device virtio-blk-pci,drive=d0,bus=p0,iommu_platform=on,disable-legacy=on \\';
  return [
    'qemu-system-x86_64 -M q35,kernel-irqchip=off -accel tcg,thread=multi \\',
    `  -device intel-iommu,intremap=off,device-iotlb=${ats ? 'on' : 'off'},caching-mode=off \\`,
    '  -smp 2 -m 2048 -nodefaults -display none -no-reboot \\',
    '  -kernel bzImage -initrd initrd.cpio -serial file:console.log \\',
    '  -drive file=disk.raw,if=none,id=d0,format=raw \\',
    '  -device pcie-root-port,id=p0,chassis=1,slot=1 \\',
    device,
  ];
}

function text(settings: RecordSettings): string {
  const { arch, qemu } = settings;
  const events = arch === 'arm64' ? LEAN_SMMU_EVENTS : VTD_EVENTS;
  const range = isFrom(qemu, 9, 1) ? 'smmuv3_range_inval' : 'smmuv3_s1_range_inval';
  const stamp = isFrom(qemu, 10, 1)
    ? 'ISO 8601 without thread ids: vCPUs cannot be told apart'
    : 'TID@SECONDS.MICROSECONDS';
  const trace =
    arch === 'arm64' ? ["  -trace enable='smmu*' \\"] : events.map((event) => `  -trace enable='${event}' \\`);
  const about =
    arch === 'arm64'
      ? [
          `# Ranges are logged as ${range}; the reader takes both names.`,
          '# smmu* logs walk levels and register reads too: completions need the reads of CMDQ_CONS. Without them, for a',
          '# third of the lines (the trace then has no sync-done), replace that option by:',
          ...events.map((event) => `#   -trace enable='${event}'`),
          '# The emulated SMMUv3 has no ATS: no ATC_INV is ever logged. replay --guest-ats inserts what Linux would send;',
          '# real ones come from an emulated VT-d: smmuscope record qemu --arch x86_64 --ats',
        ]
      : [
          '# The reader translates VT-d descriptors into SMMUv3 commands and says so in the result.',
          settings.ats
            ? '# device-iotlb=on and ats=on: one device-TLB invalidation per unmap and device, read as ATC_INV.'
            : '# Without --ats there are no device-TLB invalidations.',
        ];
  return [
    '#!/bin/sh',
    `# Run on the host (QEMU ${versionText(qemu)}), then open the log with: smmuscope inspect trace.log`,
    '# Kernel, initrd, disk and devices are examples: each device behind the IOMMU becomes a StreamID.',
    ...about,
    `# Time stamps: ${stamp}.`,
    '# Under TCG order, counts, addresses and hits are exact; times are not those of hardware.',
    ...machine(settings),
    ...trace,
    '  -msg timestamp=on -D trace.log \\',
    `  -append "console=${arch === 'arm64' ? 'ttyAMA0' : 'ttyS0'} panic=-1 ${kernelArguments(settings)}"`,
    'xz -T0 trace.log    # gz, xz and zst are read as they are',
    '',
  ].join('\n');
}

export const qemuRecipe: RecordRecipe = {
  name: 'qemu',
  summary: 'QEMU’s trace log of an emulated IOMMU: commands, translations, hits and misses',
  text,
};
