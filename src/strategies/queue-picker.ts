/**
 * Which queue the Linux driver puts each command into when it has a VCMDQ beside the main queue
 * (arm_smmu_cmdq_batch_add_cmd_p; facts N26 §A3, L §2.4).
 *
 * A batch belongs to the queue that its first command picks. A VCMDQ's batch that meets a command which the VCMDQ does not
 * take is issued with a SYNC and the queue is picked anew; the main queue takes everything, so that a batch begun there stays.
 * After 64 commands a batch is issued without a SYNC and the queue is picked anew. A SYNC ends its batch.
 */

/** Commands of one batch: CMDQ_BATCH_ENTRIES. */
const BATCH_COMMANDS = 64;

/** Picks queues for the commands of one publication, in order. */
export class QueuePicker {
  /** Commands in the batch; 0: none is open. */
  private commands = 0;
  private isOnVcmdq = true;

  /** A publication begins: no batch is open. */
  restart(): void {
    this.commands = 0;
    this.isOnVcmdq = true;
  }

  /** Queue of the next command other than CMD_SYNC, which a VCMDQ takes if `isSupported`: true for the VCMDQ. */
  command(isSupported: boolean): boolean {
    const isNewBatch = this.commands === 0 || this.commands === BATCH_COMMANDS || (this.isOnVcmdq && !isSupported);
    if (isNewBatch) {
      this.isOnVcmdq = isSupported;
      this.commands = 0;
    }
    this.commands++;
    return this.isOnVcmdq;
  }

  /** Queue of a CMD_SYNC: that of its batch; the VCMDQ if there is none. */
  sync(): boolean {
    const isOnVcmdq = this.commands === 0 || this.isOnVcmdq;
    this.restart();
    return isOnVcmdq;
  }
}
