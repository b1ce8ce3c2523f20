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
}
