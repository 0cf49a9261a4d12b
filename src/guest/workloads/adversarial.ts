/**
 * What costs most, not what is common: legal commands of a guest that means harm, or of a test.
 *
 * Each vCPU takes one of these at random: a range whose page count has every bit set (most range commands, or one command
 * per page without ranges), two pages across a large boundary (the ATC_INV of the driver then covers up to half the
 * region), a queue filled with single-page TLBIs before one SYNC, a SYNC alone, a whole-context flush of a domain that
 * others are using, and an immediate second use of a page after its SYNC (a path that lets go too early is caught).
 */

import { PAGE_BYTES, PAGE_SHIFT } from '../../trace/units.js';
import { nhVaWords } from '../driver/tlbi.js';
import type { Device, Domain, Guest } from './guest.js';
import { ats, integer, type Program, RIL, type Workload } from './workload.js';

const REGION_PAGES = 2 ** 18;

type Attack = (guest: Guest, vcpu: number, device: Device, domain: Domain, base: number) => Program;

function* everyBit(guest: Guest, vcpu: number, device: Device, domain: Domain, base: number): Program {
  const pages = 2 ** guest.int(5, 11) - 1;
  yield* useAndUnmap(guest, vcpu, device, domain, base + guest.int(0, REGION_PAGES - pages), pages);
}

function* straddle(guest: Guest, vcpu: number, device: Device, domain: Domain, base: number): Program {
  yield* useAndUnmap(guest, vcpu, device, domain, base + 2 ** guest.int(9, 17) - 1, 2);
}

function* flood(guest: Guest, vcpu: number, device: Device, domain: Domain, base: number): Program {
  const first = base + guest.int(0, REGION_PAGES - 1024);
  guest.map(domain, first, 1);
  guest.dma(device, domain, first, false);
  const tlbi = (page: number) => nhVaWords({ num: 0, scale: 0, tg: 0, ttl: 0, leaf: true, page }, domain.asid);
  const pages = Array.from({ length: guest.number('flood') }, (_, at) => tlbi(first + at));
  yield* guest.submit(vcpu, pages);
  if (device.hasAts) yield* guest.invalidate(vcpu, domain, request(first, 1024), 'dma');
}

function* syncAlone(guest: Guest, vcpu: number): Program {
  yield* guest.submit(vcpu, []);
}

function* flushShared(guest: Guest, vcpu: number, device: Device, domain: Domain, base: number): Program {
  for (let at = 0; at < 8; at++) {
    guest.map(domain, base + at * 512, 1);
    guest.dma(device, domain, base + at * 512, false);
  }
  yield* guest.flushContext(vcpu, domain);
}

function* useAtOnce(guest: Guest, vcpu: number, device: Device, domain: Domain, base: number): Program {
  const page = base + guest.int(0, REGION_PAGES - 1);
  yield* useAndUnmap(guest, vcpu, device, domain, page, 1);
  guest.map(domain, page, 1);
  guest.dma(device, domain, page, true);
  yield* guest.unmap(vcpu, domain, page, 1);
}

function* useAndUnmap(
  guest: Guest,
  vcpu: number,
  device: Device,
  domain: Domain,
  page: number,
  pages: number,
): Program {
  guest.map(domain, page, pages);
  guest.dma(device, domain, page, true);
  guest.dma(device, domain, page + pages - 1, true);
  yield guest.int(0, 300);
  yield* guest.unmap(vcpu, domain, page, pages);
}

function request(page: number, pages: number) {
  return { page, bytes: pages * PAGE_BYTES, granuleLog2: PAGE_SHIFT, leaf: true };
}

const ATTACKS: readonly Attack[] = [everyBit, straddle, flood, syncAlone, flushShared, useAtOnce];

function* attack(guest: Guest, vcpu: number, domains: readonly Domain[]): Program {
  const at = vcpu % guest.devices.length;
  const base = (vcpu + 1) * REGION_PAGES;
  while (!guest.isOver) {
    const chosen = ATTACKS[guest.int(0, ATTACKS.length - 1)];
    yield* chosen(guest, vcpu, guest.devices[at], domains[at], base);
    yield guest.int(0, guest.number('gap_ns'));
  }
}

export const adversarial: Workload = {
  name: 'adversarial',
  summary: 'worst cases of every kind: not what a driver does, but what a path must survive',
  parameters: [
    integer('flood', 512, 1, 4096, 'single-page TLBIs before one SYNC'),
    integer('gap_ns', 500, 0, 1_000_000, 'longest pause between two attacks'),
    RIL,
    ats('on'),
  ],
  programs(guest) {
    const domains = guest.devices.map((device, i): Domain => ({ asid: i + 1, devices: [device] }));
    return Array.from({ length: guest.settings.vcpus }, (_, vcpu) => attack(guest, vcpu, domains));
  },
};
