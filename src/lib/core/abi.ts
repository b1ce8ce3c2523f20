/**
 * The core's exports as TypeScript sees them (wasm/index.ts says what each does). 64-bit integers are BigInt,
 * addresses and unsigned 32-bit integers may come signed: `>>> 0`.
 */
export interface CoreExports {
  readonly memory: WebAssembly.Memory;
  abiVersion(): number;
  headerPtr(): number;
  vmColumnPtr(column: number): number;
  optionPtr(): number;
  ringPtr(): number;
  cellsInPtr(): number;
  cellsOutPtr(): number;
  pageAPtr(): number;
  pageBPtr(): number;
  statePtr(): number;
  stateBytes(): number;
  prepareRestore(bytes: number): number;
  openWorld(pages: number, consolePages: number, swapPages: number, seed: number): number;
  run(until: bigint, budget: number, drained: bigint): number;
  nextTime(): bigint;
  freeSlot(): number;
  addVm(vm: number, pages: number, vcpus: number): number;
  setProfile(vm: number, column: number, value: number): void;
  setPhase(vm: number, phase: number, column: number, value: number): void;
  startWorkload(vm: number): void;
  setMin(vm: number, pages: number): number;
  setShares(vm: number, shares: number): number;
  setTools(vm: number, tools: number): number;
  reset(vm: number): number;
  removeVm(vm: number): number;
  setVmMemory(vm: number, pages: number): number;
  powerOn(vm: number): number;
  powerOff(vm: number): number;
  admissionPages(vm: number): number;
  unreservedPages(): bigint;
  swapDemandPages(vm: number): number;
  unreservedSwapPages(): bigint;
  setOption(which: number, value: number): number;
  optionMin(which: number): number;
  optionMax(which: number): number;
  writePage(vm: number, page: number): number;
  scanPage(vm: number, page: number): number;
  samples(vm: number): number;
  classify(count: number): void;
  machineClass(page: number): number;
  guestPageClass(vm: number, page: number): number;
  owners(machinePage: number, limit: number): number;
  sharers(machinePage: number): number;
  findTwin(vm: number, page: number): number;
  backingPage(vm: number, page: number): number;
  guestClass(vm: number, page: number): number;
  contentKey(machinePage: number): bigint;
  pageBytes(machinePage: number, which: number): void;
  pageHash(machinePage: number): bigint;
  equalByteCount(): number;
  firstDifference(): number;
  audit(): number;
  hash(ptr: number, length: number): bigint;
  fingerprint(): bigint;
  hashChunks(): number;
  diffChunk(offset: number, limit: number): number;
  reserveNetwork(
    nodes: number,
    ports: number,
    frames: number,
    connections: number,
    jobs: number,
    rings: number,
    texts: number,
  ): number;
  netPtr(): number;
  nodePtr(): number;
  portPtr(): number;
  dropPtr(): number;
  learnedPtr(): number;
  listPtr(): number;
  jobPtr(): number;
  connectionPtr(): number;
  neighbourPtr(): number;
  firewallLogPtr(): number;
  textPtr(): number;
  addText(length: number): number;
  forgetTexts(kept: number): void;
  freeNode(): number;
  freePort(): number;
  addNode(node: number, kind: number, vm: number, name: number): number;
  removeNode(node: number): number;
  addPort(port: number, node: number, uplink: number): number;
  removePort(port: number): number;
  connect(a: number, b: number): number;
  disconnect(port: number): number;
  moveCable(port: number, to: number): number;
  setCable(port: number, plugged: number): number;
  setPower(node: number, up: number): number;
  usedByRunningVm(node: number): number;
  setNode(node: number, field: number, value: number): number;
  setLink(
    port: number,
    rateKbps: number,
    delayNs: number,
    lossPpm: number,
    duplicatePpm: number,
    queueBytes: number,
  ): number;
  setVlan(port: number, vlan: number): number;
  setMac(port: number, high: number, low: number): number;
  setAnnounced(port: number, mbps: number): number;
  setAddress(port: number, address: number, prefix: number): number;
  setDhcp(port: number): number;
  setPortFlag(port: number, flag: number, on: number): number;
  setPool(port: number, first: number, last: number, router: number, dns: number): number;
  setShaper(
    port: number,
    averageBps: number,
    peakBps: number,
    burstBytes: number,
    periodMs: number,
    maxQueue: number,
  ): number;
  clearShaper(port: number): number;
  appendRow(node: number, list: number): number;
  clearRows(node: number, list: number): number;
  addJob(
    kind: number,
    node: number,
    address: number,
    port: number,
    host: number,
    path: number,
    planned: number,
    afterMs: number,
    everySeconds: number,
  ): number;
  hangUp(node: number): number;
  setBulk(job: number, limitKbps: number): number;
  setBackground(job: number): number;
  flowPtr(): number;
  startFlow(node: number, address: number, bytes: bigint, limitKbps: number): number;
  inject(port: number, length: number, afterNs: bigint): number;
  wireMaskPtr(): number;
  wireRecords(): number;
  wireBytes(): number;
  hearEverywhere(mask: number): void;
  trimWire(keep: number): number;
  emptyWire(): void;
  talliedPorts(): number;
  tallyList(): number;
  tallyPtr(): number;
  addTally(port: number, sent: bigint, received: bigint): void;
  emptyTally(): void;
  shaperPtr(port: number): number;
  shaperNow(port: number, what: number): number;
  objectPart(row: number, from: number, length: number): void;
  networkAudit(): number;
}
