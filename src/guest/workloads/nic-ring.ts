/**
 * A NIC in strict or lazy mode: each vCPU keeps a ring of mapped receive buffers on a device. The device writes a packet
 * and its descriptor, the driver unmaps the buffer and maps a new one in its place. In strict mode the new buffer takes
 * the IOVA of the old one, as Linux's allocator hands it out again; in lazy mode an IOVA is not used again before the
 * flush that retires it.
 */
import { FlushQueue } from '../driver/flush-queue.js';
import { type Device, type Domain, type Guest, iovaTop } from './guest.js';
import { ats, integer, type Program, RIL, type Workload } from './workload.js';

/** Buffers' worth of IOVAs that wait for their flush at most: more than a flush queue's 255. */
const WAITING_BUFFERS = 512;

function domainsOf(guest: Guest, isLazy: boolean): Domain[] {
  return guest.devices.map((device, i) => ({
    asid: i + 1,
    devices: [device],
    flushQueue: isLazy ? new FlushQueue() : undefined,
  }));
}

function* receive(guest: Guest, vcpu: number, device: Device, domain: Domain): Program {
  const ring = guest.number('ring');
  const pages = guest.number('buffer_pages');
  const gapNs = guest.number('gap_ns');
  const places = ring + (domain.flushQueue === undefined ? 0 : WAITING_BUFFERS);
  const perVcpu = places * pages + 1;
  const firstPage = iovaTop(perVcpu * guest.settings.vcpus) - (vcpu + 1) * perVcpu;
  const descriptors = firstPage + places * pages;
  guest.map(domain, descriptors, 1);
  for (let place = 0; place < ring; place++) guest.map(domain, firstPage + place * pages, pages);
  for (let oldest = 0; !guest.isOver; oldest = (oldest + 1) % places) {
    const buffer = firstPage + oldest * pages;
    guest.dma(device, domain, descriptors, false);
    for (let at = 0; at < pages; at++) guest.dma(device, domain, buffer + at, true);
    guest.dma(device, domain, descriptors, true);
    yield guest.int(Math.floor(gapNs / 2), Math.ceil(gapNs * 1.5));
    yield* guest.unmap(vcpu, domain, buffer, pages);
    // A ring of the size of its places is one in which the oldest place is the next.
    guest.map(domain, firstPage + ((oldest + ring) % places) * pages, pages);
  }
}

function programs(guest: Guest, isLazy: boolean): Program[] {
  const domains = domainsOf(guest, isLazy);
  const receivers = Array.from({ length: guest.settings.vcpus }, (_, vcpu) => {
    const at = vcpu % guest.devices.length;
    return receive(guest, vcpu, guest.devices[at], domains[at]);
  });
  return isLazy ? [...receivers, ...domains.map((domain) => guest.timer(domain))] : receivers;
}

const PARAMETERS = [
  integer('ring', 256, 1, 4096, 'buffers that are mapped at a time, per vCPU'),
  integer('buffer_pages', 1, 1, 16, '4 KiB pages per buffer'),
  integer('gap_ns', 4000, 100, 10_000_000, 'mean time between packets of one vCPU'),
  RIL,
  ats('off'),
];

export const nicRing: Workload = {
  name: 'nic-ring',
  summary: 'NIC receive rings in strict mode: one unmap, TLBI and SYNC per packet',
  parameters: PARAMETERS,
  programs: (guest) => programs(guest, false),
};

export const nicLazy: Workload = {
  name: 'nic-lazy',
  summary: 'the same rings with the flush queue (iommu.strict=0): one TLBI_NH_ASID per 255 unmaps or 10 ms',
  parameters: PARAMETERS,
  programs: (guest) => programs(guest, true),
};
