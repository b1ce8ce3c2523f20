/** The world of the network's benchmark. */
import { Core, Field } from '#lib/core/core';
import { CoreNetwork, JobKind, NodeKind, reserveNetwork, StationRole } from '#lib/core/network';

/** Four servers send to four clients through one virtual switch. @returns frames that arrived at a port or a card */
export function eightHosts(module: WebAssembly.Module, milliseconds: number): number {
  const core = new Core(module);
  reserveNetwork(core);
  core.x.openWorld(65_536, 32_768, 0, 1);
  const net = new CoreNetwork(core);
  const { node } = net.addNode(NodeKind.virtualSwitch, '');
  const stations = Array.from({ length: 8 }, (_, i) => {
    const station = net.addNode(NodeKind.station, `host-${i}`).node;
    const { port } = net.addPort(station, { mac: 0x000c_2900_0000 + i });
    const there = net.addPort(node).port;
    net.connect(port, there);
    for (const end of [port, there]) net.setLink(end, { rateKbps: 1_000_000, delayNs: 1000 });
    net.setAddress(port, 0x0a00_0001 + i, 24);
    return station;
  });
  for (let i = 0; i < 8; i += 2) {
    net.setRoles(stations[i]!, StationRole.httpServer);
    net.addObject(stations[i]!, '/file', 2_000_000_000, i);
    net.startJob(stations[i + 1]!, { kind: JobKind.download, address: 0x0a00_0001 + i, path: '/file' });
  }
  const until = BigInt(milliseconds) * 1_000_000n;
  while (core.x.run(until, 1_000_000, BigInt(core.field(Field.eventSequence))) >= 1_000_000);
  return net.hops;
}
