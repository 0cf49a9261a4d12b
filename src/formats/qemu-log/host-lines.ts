/**
 * Payloads of the lines in which an accelerated vSMMU says what it asks of the host (facts N26 §F1–F2). Those of
 * `iommufd_*` begin with a space of their own.
 */
import { ascii, type LineCursor } from '../text/line-cursor.js';
import { LineKind } from './event-names.js';
import type { GuestThread } from './guest-thread.js';
import { LineResult } from './line-result.js';
import type { VirtualDevices } from './virtual-devices.js';

const IOMMUFD = ascii(' iommufd=');
const DEV_ID = ascii(' dev_id=');
const VIOMMU_ID = ascii(' viommu_id=');
const VIRT_ID = ascii(' virt_id=0x');
const VDEV_ID = ascii(' vdev_id=');
const ID = ascii(' id=');
const ERRNO = ascii(' (');
const CLOSE = ascii(')');
const VSID = ascii('vSID=0x');

/** Every method leaves `failed` of the cursor set, and does nothing else, if the line is not what its event prints. */
export class HostLines {
  constructor(private readonly devices: VirtualDevices) {}

  /** A line of one of the kinds of this file. */
  read(kind: number, c: LineCursor, thread: GuestThread): LineResult {
    switch (kind) {
      case LineKind.HostInvalidation:
        this.devices.forwarded(thread);
        return LineResult.Context;
      case LineKind.HostViommu:
        this.devices.createdByHost();
        return LineResult.Context;
      case LineKind.HostVdevice:
        return this.allocated(c);
      case LineKind.HostFree:
        return this.freed(c);
      case LineKind.HostSte:
        return this.installed(c, thread);
      default:
        this.devices.accelerated();
        return LineResult.Context;
    }
  }

  /** `iommufd_backend_alloc_vdev`. */
  private allocated(c: LineCursor): LineResult {
    c.literal(IOMMUFD);
    const iommufd = c.decimal();
    c.literal(DEV_ID);
    c.decimal();
    c.literal(VIOMMU_ID);
    c.decimal();
    c.literal(VIRT_ID);
    const sid = c.hex32();
    c.literal(VDEV_ID);
    const object = c.decimal();
    const errno = this.errno(c);
    if (!c.failed && errno === 0) this.devices.allocated(iommufd, object, sid);
    return LineResult.Context;
  }

  /** `iommufd_backend_free_id`. */
  private freed(c: LineCursor): LineResult {
    c.literal(IOMMUFD);
    const iommufd = c.decimal();
    c.literal(ID);
    const object = c.decimal();
    const errno = this.errno(c);
    if (!c.failed && errno === 0) this.devices.freed(iommufd, object);
    return LineResult.Context;
  }

  /** `smmuv3_accel_install_ste` or `smmuv3_accel_translate_ste`; what follows the stream is of no use here. */
  private installed(c: LineCursor, thread: GuestThread): LineResult {
    c.literal(VSID);
    const sid = c.hex32();
    if (!c.failed) this.devices.installed(thread, sid);
    return LineResult.Context;
  }

  /** The end of a line: errno in parentheses, positive, 0 for success. */
  private errno(c: LineCursor): number {
    c.literal(ERRNO);
    const errno = c.decimal();
    c.literal(CLOSE);
    c.endOfLine();
    return errno;
  }
}
