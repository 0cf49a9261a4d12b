/**
 * `emulated`: plain QEMU with `iommu=smmuv3`, no physical SMMU behind it. The PROD write traps to the VMM, which reads and
 * emulates every command of the doorbell, CMD_SYNC too, before the guest goes on; the guest then reads CONS, a second trap.
 *
 * What its closed form is: two exits, one dispatch, and vmm_per_cmd for each command and the CMD_SYNC. A range costs as much
 * as a page, which in QEMU it does not: a range is taken apart into aligned pieces.
 */
export default ({ Cost, Fate, Opcode, noWorker, opcodeClass }) => ({
  name: 'emulated',
  summary: 'plain QEMU: PROD write traps to the VMM, which emulates every command',
  defaultAtc: 'vsid',
  walkStage: 's1',
  options: [],

  create: () => ({
    ...noWorker,
    queueCount: 1,

    forward(c0Low) {
      const opcode = c0Low & 0xff;
      if (opcodeClass(opcode) === undefined) return Fate.Refused;
      return opcode === Opcode.SYNC ? Fate.Absorbed : Fate.Emulated;
    },

    submit(submission, path) {
      path.trapToVmm();
      for (let row = 0; row < submission.guestCount; row++) {
        path.host(Cost.vmmPerCommand);
        if (submission.guestOpcode[row] !== Opcode.SYNC) path.effect(row);
      }
      path.returnToGuest();
      path.readConsTrapped(submission.syncCount);
    },
  }),
});
