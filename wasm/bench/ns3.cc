/*
 * The peer of network.bench.mjs: ns-3 with CSMA links, a bridge and TCP NewReno. Eight hosts on one switch of 1 Gbit/s,
 * four TCP flows, payloads carried as bytes, checksums computed: what the core does too.
 *
 *   g++ -O3 ns3.cc -lns3-core -lns3-network -lns3-internet -lns3-csma -lns3-bridge -lns3-applications
 *
 * Reads simulated milliseconds, a line each; runs a new world that long; answers "frames nanoseconds bytes": frames that
 * arrived at a port or a card, processor time of the run, bytes that the four receivers got.
 */
#include <cstdint>
#include <ctime>
#include <iostream>
#include <ns3/applications-module.h>
#include <ns3/bridge-module.h>
#include <ns3/core-module.h>
#include <ns3/csma-module.h>
#include <ns3/internet-module.h>
#include <ns3/network-module.h>

using namespace ns3;

static uint64_t frames;

static void Arrived(Ptr<const Packet>) { frames++; }

static uint64_t ProcessorNs() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return uint64_t(now.tv_sec) * 1000000000 + now.tv_nsec;
}

static void Run(double milliseconds) {
  const int hosts = 8;
  NodeContainer stations, bridge;
  stations.Create(hosts);
  bridge.Create(1);
  CsmaHelper csma;
  csma.SetChannelAttribute("DataRate", StringValue("1Gbps"));
  csma.SetChannelAttribute("Delay", TimeValue(MicroSeconds(1)));
  NetDeviceContainer cards, ports;
  for (int i = 0; i < hosts; i++) {
    NetDeviceContainer link = csma.Install(NodeContainer(stations.Get(i), bridge.Get(0)));
    cards.Add(link.Get(0));
    ports.Add(link.Get(1));
  }
  BridgeHelper().Install(bridge.Get(0), ports);
  InternetStackHelper().Install(stations);
  Ipv4AddressHelper addresses;
  addresses.SetBase("10.0.0.0", "255.255.255.0");
  Ipv4InterfaceContainer interfaces = addresses.Assign(cards);
  ApplicationContainer sinks;
  for (int i = 0; i < hosts; i += 2) {
    const InetSocketAddress to(interfaces.GetAddress(i + 1), 80);
    sinks.Add(PacketSinkHelper("ns3::TcpSocketFactory", to).Install(stations.Get(i + 1)));
    BulkSendHelper sender("ns3::TcpSocketFactory", to);
    sender.SetAttribute("MaxBytes", UintegerValue(0));
    sender.SetAttribute("SendSize", UintegerValue(1460));
    sender.Install(stations.Get(i));
  }
  for (uint32_t i = 0; i < cards.GetN(); i++) {
    cards.Get(i)->TraceConnectWithoutContext("MacRx", MakeCallback(&Arrived));
    ports.Get(i)->TraceConnectWithoutContext("MacRx", MakeCallback(&Arrived));
  }
  frames = 0;
  Simulator::Stop(NanoSeconds(uint64_t(milliseconds * 1e6)));
  const uint64_t start = ProcessorNs();
  Simulator::Run();
  const uint64_t taken = ProcessorNs() - start;
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < sinks.GetN(); i++) bytes += DynamicCast<PacketSink>(sinks.Get(i))->GetTotalRx();
  Simulator::Destroy();
  Ipv4AddressGenerator::Reset();
  std::cout << frames << ' ' << taken << ' ' << bytes << std::endl;
}

int main() {
  GlobalValue::Bind("ChecksumEnabled", BooleanValue(true));
  Config::SetDefault("ns3::TcpL4Protocol::SocketType", StringValue("ns3::TcpNewReno"));
  Config::SetDefault("ns3::TcpSocketBase::Sack", BooleanValue(false));
  Config::SetDefault("ns3::TcpSocketBase::WindowScaling", BooleanValue(false));
  Config::SetDefault("ns3::TcpSocketBase::Timestamp", BooleanValue(false));
  Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(1460));
  Config::SetDefault("ns3::TcpSocket::InitialCwnd", UintegerValue(2));
  Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(65536));
  Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(65535));
  double milliseconds;
  while (std::cin >> milliseconds) Run(milliseconds);
}
