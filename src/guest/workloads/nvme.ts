/**
 * NVMe in strict mode: each vCPU has a queue pair and keeps `depth` requests under way. A request maps its buffer in one
 * piece (IOVAs are aligned to the power of two that holds it, as Linux allocates them), the device fetches the command and
 * the PRP list, touches every page, posts its completion, and the buffer is unmapped as one range.
 */
import { type Device, type Domain, type Guest, iovaTop } from './guest.js';
import { ats, integer, type Program, RIL, type Workload } from './workload.js';

/** Largest power of two that holds a request. */
const SLOT_PAGES = 256;

function* queuePair(guest: Guest, vcpu: number, device: Device, domain: Domain): Program {
  const depth = guest.number('depth');
  const mostPages = guest.number('max_pages');
  const perVcpu = (depth + 1) * SLOT_PAGES;
  const base = iovaTop(perVcpu * guest.settings.vcpus) - (vcpu + 1) * perVcpu;
  const queues = base + depth * SLOT_PAGES;
  guest.map(domain, queues, 3);
  const pagesOf = new Array<number>(depth).fill(0);
  const isWriteOf = new Array<boolean>(depth).fill(false);
  for (let slot = 0; ; slot = (slot + 1) % depth) {
    const first = base + slot * SLOT_PAGES;
    if (pagesOf[slot] > 0) {
      for (let at = 0; at < pagesOf[slot]; at++) guest.dma(device, domain, first + at, !isWriteOf[slot]);
      guest.dma(device, domain, queues + 1, true);
      yield guest.int(200, 800);
      yield* guest.unmap(vcpu, domain, first, pagesOf[slot]);
      pagesOf[slot] = 0;
    }
    if (guest.isOver) {
      if (pagesOf.every((pages) => pages === 0)) return;
      continue;
    }
    const pages = Math.min(mostPages, 2 ** guest.int(0, Math.floor(Math.log2(mostPages))) + guest.int(0, 3));
    pagesOf[slot] = pages;
    isWriteOf[slot] = guest.int(0, 99) < guest.number('write_percent');
    guest.map(domain, first, pages);
    guest.dma(device, domain, queues, false);
    if (pages > 2) guest.dma(device, domain, queues + 2, false);
    yield guest.int(500, 1500);
  }
}

export const nvme: Workload = {
  name: 'nvme',
  summary: 'NVMe queue pairs in strict mode: requests of mixed sizes, one range per unmap',
  parameters: [
    integer('depth', 16, 1, 1024, 'requests under way per vCPU'),
    integer('max_pages', 64, 1, SLOT_PAGES, '4 KiB pages of the largest request'),
    integer('write_percent', 30, 0, 100, 'share of writes to the disk'),
    RIL,
    ats('off'),
  ],
  programs(guest) {
    const domains = guest.devices.map((device, i): Domain => ({ asid: i + 1, devices: [device] }));
    return Array.from({ length: guest.settings.vcpus }, (_, vcpu) => {
      const at = vcpu % guest.devices.length;
      return queuePair(guest, vcpu, guest.devices[at], domains[at]);
    });
  },
};
