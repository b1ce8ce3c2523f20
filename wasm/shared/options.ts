/** Parameters of a world that may change while it runs. Values are 32-bit integers in the unit named. */
export enum Option {
  none = 0,
  /** Mem.ShareScanVM: pages a second that are scanned in one VM. */
  shareScanVm = 1,
  /** Mem.ShareScanTotal: pages a second that are scanned on the host. */
  shareScanTotal = 2,
  /** Bits of the hash that are compared, 8 … 64. 64 is ESX; fewer show false matches. */
  shareHashBits = 3,
  /** 1: scanning runs. 0: it does not (Mem.ShareScanVM 0 did the same). */
  shareEnabled = 4,
  /** Overhead of a VM of up to 512 MiB, in MiB. */
  overheadBaseMib = 5,
  /** Overhead for a second virtual CPU, in MiB. */
  overheadVcpuMib = 6,
  /** Overhead for each GiB above 512 MiB, in MiB. */
  overheadGibMib = 7,
  /** 1: an event for every first touch. */
  traceTouches = 8,
  count = 9,
}
