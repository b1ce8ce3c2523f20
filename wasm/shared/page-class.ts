/** What a map cell shows: low byte = owner, high byte = state. */

/** Owners 1 … MAX_VMS are VMs; the rest are these. */
export enum Owner {
  none = 0,
  /** A shared page whose first owner has left: it belongs to all that map it. */
  commons = 251,
  console = 252,
  vmkernel = 253,
}

export enum PageState {
  /** Machine memory that nobody uses; in a VM's own map: never touched. */
  free = 0,
  privatePage = 1,
  shared = 2,
  /** Private and all zeros. */
  zero = 3,
  /** Shared and all zeros. */
  sharedZero = 4,
  ballooned = 5,
  swapped = 6,
  /** Overhead of a VM, the console's and the vmkernel's own memory. */
  reserved = 7,
  /** Beyond the host's last page: not land. */
  outside = 8,
}
