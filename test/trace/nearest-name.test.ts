/** Unknown names: is the one that was meant found among many, and is nothing suggested where nothing is near? */
import { describe, expect, it } from 'vitest';
import { parseGate } from '../../src/gates/gate.js';
import { workloadByName } from '../../src/guest/workloads/registry.js';
import { loadProfile } from '../../src/profiles/load.js';
import { resolveStrategies } from '../../src/strategies/spec.js';
import { nearestName, suggestion } from '../../src/trace/nearest-name.js';

const messageOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('an unknown name', () => {
  it.each([
    // Parts of the name, in their order.
    ['tlb.entries', 'did you mean tlb.main.entries, tlb.tcu.entries or tlb.utlb.entries?'],
    ['mmio_exit_user_ns', 'did you mean software.mmio_exit_user_ns?'],
    ['mmio_exit', 'did you mean software.mmio_exit_kernel_ns or software.mmio_exit_user_ns?'],
    // Slips of the pen, in the whole or in a part.
    ['smmu.exec_tlb_ns', 'did you mean smmu.exec_tlbi_ns?'],
    ['tlb.main.entires', 'did you mean tlb.main.entries?'],
    ['mmio_exit_usr', 'did you mean software.mmio_exit_user_ns?'],
    ['exec_tlb', 'did you mean smmu.exec_tlbi_ns?'],
    ['wombat', 'unknown key wombat (all: smmuscope profiles show)'],
  ])('parameter %s', (key, expected) => {
    const message = messageOf(() => loadProfile('neoverse-mmu700', [`${key}=1`]));
    expect(message).toContain(expected);
    expect(message.length).toBeLessThan(200);
  });

  it.each([
    ['grace', 'did you mean grace-cmdqv (Grace-like host with Tegra241 CMDQV)?'],
    ['tegra', 'did you mean grace-cmdqv'],
    ['n1', 'did you mean neoverse-mmu700'],
    ['mmu-600', 'did you mean a72-mmu600'],
    ['vt-d', 'did you mean qemu-vtd-iotlb'],
    ['wombat', 'unknown profile wombat; known: neoverse-mmu700, '],
  ])('profile %s', (name, expected) => {
    expect(messageOf(() => loadProfile(name))).toContain(expected);
  });

  it.each([
    [
      () => parseGate('operation.p99 <= 3', '--gate'),
      'did you mean latency.operation.p99_ns?',
      '(all: docs/metrics.md)',
    ],
    [
      () => parseGate('amplification.ioctl <= 3', '--gate'),
      'did you mean amplification.ioctls?',
      '(all: docs/metrics.md)',
    ],
    [() => resolveStrategies(['ioctl-batch']), 'did you mean ioctl-batched?', ''],
    [() => resolveStrategies(['vcmdq']), 'did you mean sw-vcmdq or hw-vcmdq?', ''],
    [() => workloadByName('nic'), 'did you mean nic-ring or nic-lazy?', ''],
  ])('%s', (call, expected, listed) => {
    const message = messageOf(call);
    expect(message).toContain(expected);
    expect(message).toContain(listed);
    expect(message.length).toBeLessThan(300);
  });

  const many = Array.from({ length: 11 }, (_, at) => `name-${'abcdefghijk'[at]}`);

  it('of many shows none but what is near, and says where all are', () => {
    expect(suggestion('zzzz', many, 'smmuscope list')).toBe(' (all: smmuscope list)');
    expect(suggestion('zzzz', many)).toBe(`; known: ${many.slice(0, 10).join(', ')} and 1 more`);
    expect(suggestion('nam-c', many)).toBe('; did you mean name-c?');
  });

  it('of few shows all', () => {
    expect(suggestion('zzzz', many.slice(0, 10))).toBe(`; known: ${many.slice(0, 10).join(', ')}`);
  });

  it('as long as a line of noise is compared with nothing', () => {
    expect(nearestName('name-a '.repeat(40), many)).toBeUndefined();
  });
});
