/**
 * What the core tells: one 32-byte record an event. `a`, `b`, `c` are read as the comment says.
 * "page" is a guest page (PPN) of the subject VM unless it says machine page.
 */
export enum EventKind {
  none = 0,
  /** A VM slot is taken. a = size in pages. */
  vmAdded = 1,
  vmRemoved = 2,
  /** a = overhead in pages. */
  vmPoweredOn = 3,
  /** a = machine pages given back. */
  vmPoweredOff = 4,
  /** The guest's boot is over; it is idle or starts its workload. */
  guestBooted = 5,
  /** First seen: a hint frame was written. a = page, b = machine page, c = low 32 bits of its hash. */
  pageHinted = 6,
  /** One page fewer. a = page, b = machine page kept, c = machine page given back. */
  pageShared = 7,
  /** A hint's page had changed since. a = page scanned now, b = its machine page, c = page of the old hint. */
  hintStale = 8,
  /** Equal hashes, different bytes. a = page, b = its machine page, c = the other machine page. */
  falseMatch = 9,
  /** Copy on write. a = page, b = shared machine page, c = private copy. */
  pageCopied = 10,
  /** The last sharer wrote to its page. a = page, b = machine page given back; its cause is the page-copied event. */
  sharedReleased = 11,
  /** a = option, b = old value, c = new value. */
  optionChanged = 12,
  /** A guest page was backed for the first time. a = page, b = machine page. Recorded only when asked (option traceTouches). */
  pageTouched = 13,
  /** The host's state of memory. a = old, b = new, c = free pages. */
  stateChanged = 14,
  /** The policy has new targets for all VMs. a = pages to distribute, b = VMs, c = 1 when the VMs could have all they want. */
  targetsSet = 15,
  /** A VM's target has moved by more than 1 % of its size. a = target, b = allocated, c = active pages; its cause is targets-set. */
  targetSet = 16,
  /** The driver is asked for another balloon. a = target, b = size, c = allocated. */
  balloonTargetSet = 17,
  /** A second's work of the driver. a = size now, b = pages more, c = of them: given up by the guest's own reclaim. */
  balloonInflated = 18,
  /** a = size now, b = pages fewer. */
  balloonDeflated = 19,
  /** The guest was reset: what it had in its balloon is backed again when touched. a = pages. */
  balloonPopped = 20,
  /** a = page, b = machine page given back, c = slot. */
  pageSwappedOut = 21,
  /** a = page, b = machine page, c = slot. */
  pageSwappedIn = 22,
  /** Paged in by the host only for the guest to write it to its own page file. a = page. */
  pageDoublePaged = 23,
  /** a = allocated, b = target. */
  vmBlocked = 24,
  /** a = milliseconds blocked so far. */
  vmUnblocked = 25,
  /** The end of a period of sampling. a = pages touched, b = pages sampled, c = active pages. */
  activeEstimated = 26,
  /** A number of a VM was changed. a = VmSetting, b = old value, c = new value. */
  settingChanged = 27,
  /** a = phase, b = milliseconds of work it holds. */
  phaseStarted = 28,
  /** a = phase, b = seconds it took, c = seconds it would have taken undisturbed. */
  phaseEnded = 29,
  /** An installer's own check. a = pages it asks for, b = pages there are. */
  installRefused = 30,
  vmReset = 32,
  /** A page that devices use often was moved below 4 GiB. a = page, b = machine page it had, c = machine page it has. */
  pageRemapped = 33,
  /** Two stations have one address. a = node, b = IPv4 address, c = port. */
  addressConflict = 64,
  /** A card has its address. a = node, b = IPv4 address, c = the server's. */
  addressLeased = 65,
  /** A job is over. a = job, b = bytes (KiB above 4 GiB), c = milliseconds. */
  jobDone = 66,
  /** a = job, c = milliseconds. */
  jobFailed = 67,
  /** a = port, b = node. */
  linkUp = 68,
  linkDown = 69,
  /** A bond sends by another uplink now. a = switch, b = port before + 1, c = port now + 1. */
  uplinkChanged = 70,
  /** The guest has started, or stopped, to use its cards. a = node. */
  stationUp = 71,
  stationDown = 72,
  /** A card was moved to another switch. a = port, b = switch before, c = switch now. */
  portMoved = 73,
  /** A machine's VPN tunnel has ended. a = node, b = IPv4 address that it had inside, c = the server's. */
  tunnelClosed = 74,
}

/** What `settingChanged` is about. */
export enum VmSetting {
  minPages = 0,
  shares = 1,
  tools = 2,
  maxPages = 3,
  workload = 4,
}
