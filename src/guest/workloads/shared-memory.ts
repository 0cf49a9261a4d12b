/**
 * Shared address spaces (SVA): one process per vCPU, its ASID and PASID on every device.
 *
 * `sva-munmap`: the process touches and frees regions of any size and alignment; each munmap is a non-leaf invalidation
 * of one range (L §2.1), which without range support becomes ASID-wide from the era's threshold on (L §2.3).
 * `gpu-migration`: memory moves between the CPU and a GPU with an ATC, in aligned pieces, each time with an invalidation
 * of the piece and an ATC_INV with the PASID to every device that is bound to the process.
 */
import type { Domain, Guest } from './guest.js';
import { ats, integer, type Program, RIL, type Workload } from './workload.js';

/** First page of the region that vCPU `vcpu`'s process shares: user addresses are far apart and below 48 bits. */
const regionOf = (vcpu: number): number => 0x7_f000_0000 + vcpu * 0x100_0000;

function processOf(guest: Guest, vcpu: number): Domain {
  return { asid: vcpu + 1, ssid: vcpu + 1, devices: [...guest.devices] };
}

function* munmapStorm(guest: Guest, vcpu: number): Program {
  const domain = processOf(guest, vcpu);
  const most = guest.number('max_pages');
  const region = regionOf(vcpu);
  while (!guest.isOver) {
    // Sizes are spread evenly over the orders of magnitude; starts are not aligned to anything but the page.
    const pages = guest.int(1, Math.min(most, 2 ** guest.int(0, Math.ceil(Math.log2(most)))));
    const first = region + guest.int(0, 0xff_0000 - pages);
    guest.map(domain, first, pages);
    const touched = Math.min(pages, guest.number('touches'));
    for (let at = 0; at < touched; at++) {
      const device = guest.devices[guest.int(0, guest.devices.length - 1)];
      guest.dma(device, domain, first + guest.int(0, pages - 1), guest.int(0, 1) === 1);
      yield guest.int(50, 200);
    }
    yield guest.number('gap_ns');
    yield* guest.munmap(vcpu, domain, first, pages);
  }
}

function* migrate(guest: Guest, vcpu: number): Program {
  const domain = processOf(guest, vcpu);
  const piece = guest.number('piece_pages');
  const pieces = guest.number('pieces');
  const region = regionOf(vcpu);
  const isMapped = new Uint8Array(pieces);
  while (!guest.isOver) {
    const at = guest.int(0, pieces - 1);
    const first = region + at * piece;
    if (isMapped[at] === 0) {
      guest.map(domain, first, piece);
      isMapped[at] = 1;
    }
    for (let touch = 0; touch < guest.number('touches'); touch++) {
      const device = guest.devices[guest.int(0, guest.devices.length - 1)];
      guest.dma(device, domain, first + guest.int(0, piece - 1), guest.int(0, 1) === 1);
      yield guest.int(20, 100);
    }
    if (guest.int(0, 99) >= guest.number('migrate_percent')) continue;
    isMapped[at] = 0;
    yield* guest.munmap(vcpu, domain, first, piece);
  }
}

const perVcpu = (guest: Guest, program: (guest: Guest, vcpu: number) => Program): Program[] =>
  Array.from({ length: guest.settings.vcpus }, (_, vcpu) => program(guest, vcpu));

export const svaMunmap: Workload = {
  name: 'sva-munmap',
  summary: 'processes that share their memory with devices and free it: ranges of any size, by kernel era',
  parameters: [
    integer('max_pages', 4096, 1, 65_536, '4 KiB pages of the largest munmap'),
    integer('touches', 8, 0, 64, 'translations per region at most'),
    integer('gap_ns', 3000, 0, 10_000_000, 'time between the last touch and the munmap'),
    { ...RIL, default: 'off' },
    ats('off'),
  ],
  programs: (guest) => perVcpu(guest, munmapStorm),
};

export const gpuMigration: Workload = {
  name: 'gpu-migration',
  summary: 'memory that migrates to and from devices with ATS and PASID: TLBI, then an ATC_INV to each',
  parameters: [
    integer('piece_pages', 16, 1, 4096, '4 KiB pages that migrate together'),
    integer('pieces', 1024, 1, 4096, 'pieces of memory per process'),
    integer('touches', 12, 0, 256, 'translations before a decision to migrate'),
    integer('migrate_percent', 50, 0, 100, 'share of the decisions that are to migrate'),
    RIL,
    ats('on'),
  ],
  programs: (guest) => perVcpu(guest, migrate),
};
