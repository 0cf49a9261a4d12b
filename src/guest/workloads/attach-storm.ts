/**
 * Devices that come and go (hotplug, VFIO, rebinding): each vCPU attaches its devices in turn, lets them do a little DMA,
 * and detaches them. Nearly all commands are CFGI and context-wide TLBIs, which no hardware queue takes.
 */
import { type Domain, type Guest, iovaTop } from './guest.js';
import { ats, integer, type Program, RIL, type Workload } from './workload.js';

function* plug(guest: Guest, vcpu: number): Program {
  const mine = guest.devices.filter((_, at) => at % guest.settings.vcpus === vcpu);
  if (mine.length === 0) return;
  while (!guest.isOver) {
    for (const device of mine) {
      const domain: Domain = { asid: device.sid / 8, devices: [] };
      yield* guest.attach(vcpu, device, domain);
      for (let at = 0; at < guest.number('transfers'); at++) {
        const page = iovaTop(0) - 1 - at;
        guest.map(domain, page, 1);
        guest.dma(device, domain, page, at % 2 === 0);
        yield guest.int(500, 1500);
        yield* guest.unmap(vcpu, domain, page, 1);
      }
      yield* guest.detach(vcpu, device, domain);
      yield guest.number('gap_ns');
    }
  }
}

export const attachStorm: Workload = {
  name: 'attach-storm',
  summary: 'devices that are attached and detached over and over: CFGI_STE, CFGI_CD, TLBI_NH_ASID by kernel era',
  parameters: [
    integer('transfers', 4, 0, 1000, 'map, DMA and unmap between attach and detach'),
    integer('gap_ns', 20_000, 0, 1_000_000_000, 'pause after a detach'),
    RIL,
    ats('off'),
  ],
  programs: (guest) => Array.from({ length: guest.settings.vcpus }, (_, vcpu) => plug(guest, vcpu)),
};
