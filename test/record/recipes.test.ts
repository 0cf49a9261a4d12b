/**
 * Record tier: are the recipes exactly as agreed, and do they probe the arguments that the driver of that kernel has?
 * Golden texts: golden/NAME.txt. The kprobes of 6.1 are those that the sample recordings were made with (traces/README.md).
 */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { kprobes } from '../../src/record/ftrace.js';
import type { RecordSettings } from '../../src/record/recipe.js';
import { RECIPES, recipeByName } from '../../src/record/registry.js';

const SETTINGS: RecordSettings = {
  kernel: [6, 12],
  arch: 'arm64',
  qemu: [10, 0],
  ats: false,
  lazy: false,
  commands: 8,
};

const VARIANTS: readonly [string, string, Partial<RecordSettings>][] = [
  ['ftrace-6.1', 'ftrace', { kernel: [6, 1] }],
  ['ftrace-6.12-array', 'ftrace', { commands: 32 }],
  ['ftrace-x86_64', 'ftrace', { arch: 'x86_64', commands: 4 }],
  ['bpftrace-6.12', 'bpftrace', { commands: 2 }],
  ['bpftrace-x86_64', 'bpftrace', { arch: 'x86_64', commands: 2, kernel: [7, 2] }],
  ['qemu-7.2', 'qemu', { qemu: [7, 2], lazy: true }],
  ['qemu-10.1', 'qemu', { qemu: [10, 1] }],
  ['qemu-x86_64-ats', 'qemu', { arch: 'x86_64', ats: true }],
];

describe('recipes', () => {
  it.each(VARIANTS)('%s', async (golden, name, settings) => {
    await expect(recipeByName(name).text({ ...SETTINGS, ...settings })).toMatchFileSnapshot(`golden/${golden}.txt`);
  });

  it('shell scripts are sound for a shell', () => {
    for (const recipe of RECIPES.filter(({ name }) => name !== 'bpftrace')) {
      for (const arch of ['arm64', 'x86_64'] as const) {
        const { status, stderr } = spawnSync('sh', ['-n'], {
          input: recipe.text({ ...SETTINGS, arch }),
          encoding: 'utf8',
        });
        expect({ recipe: recipe.name, arch, status, stderr }).toEqual({
          recipe: recipe.name,
          arch,
          status: 0,
          stderr: '',
        });
      }
    }
  });

  it.each([
    [[6, 11], '%x1', 'n=%x2:s32 sync=%x3:u8'],
    [[6, 12], '%x2', 'n=%x3:s32 sync=%x4:u8'],
    [[7, 1], '%x2', 'n=%x3:s32 sync=%x4:u8'],
  ] as const)('kernel %j has its commands in %s', (kernel, register, rest) => {
    const [probe] = kprobes({ ...SETTINGS, kernel });
    expect(probe).toContain(rest);
    expect(probe).toContain(`c15=+120(${register}):x64`);
    expect(kprobes({ ...SETTINGS, kernel, commands: 32 })[0]).toContain(`c=+0(${register}):x64[64]`);
  });
});
