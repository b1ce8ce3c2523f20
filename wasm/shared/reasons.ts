/** Why a command was refused, or an event happened. 0 is "none": the command was accepted. */
export enum Reason {
  none = 0,
  hostMemoryTooSmall = 1,
  hostMemoryTooLarge = 2,
  consoleMemoryOutOfRange = 3,
  noFreeVmSlot = 4,
  unknownVm = 5,
  vmMemoryOutOfRange = 6,
  vmAlreadyOn = 7,
  vmAlreadyOff = 8,
  vmIsOn = 9,
  /** Admission: min + overhead does not fit in unreserved memory (without a swap file min is max). */
  notEnoughMemory = 10,
  browserMemoryRefused = 11,
  optionOutOfRange = 12,
  unknownOption = 13,
  pageOutOfRange = 14,
  pageNotPresent = 15,
  minAboveMax = 16,
  sharesOutOfRange = 17,
  nameTaken = 18,
  nameInvalid = 19,
  unknownGuest = 20,
  /** This instance of the core already holds a world. */
  worldOpen = 21,
  /** Admission: max − min does not fit in the unreserved part of the swap file. */
  notEnoughSwap = 22,
  minOutOfRange = 23,
  hostSwapTooLarge = 24,
  phaseOutOfRange = 25,
  /** The balloon driver holds this page; the guest does not use it. */
  pageInBalloon = 27,
  /** The network. This world has none. */
  noNetwork = 80,
  networkTooLarge = 81,
  unknownNode = 82,
  unknownPort = 83,
  noFreeNode = 84,
  noFreePort = 85,
  /** All ports of a virtual switch are taken. */
  switchFull = 86,
  tooManyUplinks = 87,
  /** A VM that runs uses this switch: its uplinks stay as they are (guide p. 309). */
  switchInUse = 88,
  /** There is a cable in it already. */
  portTaken = 89,
  notConnected = 90,
  /** This needs a station, or a switch, or a tap. */
  wrongNodeKind = 91,
  macInvalid = 92,
  addressInvalid = 94,
  vlanOutOfRange = 95,
  linkOutOfRange = 96,
  shaperOutOfRange = 97,
  tableFull = 98,
  textInvalid = 99,
  frameTooLong = 100,
  jobInvalid = 101,
  valueOutOfRange = 102,
  /** No tunnel and no call of this machine: nothing to hang up. */
  notDialled = 103,
  /** Event reasons. */
  guestWrite = 40,
  scan = 41,
  command = 42,
  boot = 43,
  contentChanged = 44,
  hashCollision = 45,
  frameTableFull = 46,
  freeMemoryFell = 47,
  freeMemoryRose = 48,
  periodic = 49,
  settingChange = 50,
  powerChange = 51,
  /** Why a page was paged out: its VM has no balloon driver, or not yet. */
  noBalloonDriver = 52,
  /** The balloon is as large as it may be. */
  balloonAtMaximum = 53,
  /** Hard or low state: no time for a balloon. */
  forcedPaging = 54,
  /** Somebody needed a page and none was free. */
  nothingFree = 55,
  shareBeforeSwap = 56,
  guestTouch = 57,
  aboveTarget = 58,
  belowTarget = 59,
  guestPageOut = 60,
  lowState = 61,
  poweredOff = 62,
  toolsRemoved = 63,
  workFinished = 64,
  hotIo = 65,
}
