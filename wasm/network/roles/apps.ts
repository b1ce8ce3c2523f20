/** Who speaks on a connection: the applications that TCP hands its data to. */
import { NodeField, StationRole } from '../../shared/network';
import { Conn, connGet } from '../stack/connection';
import { nodeGet } from '../tables';
import { clientClosed, clientData, clientOpened, serverData, serverRemoteClosed, serverSent } from './http';
import {
  relayClosed,
  relayData,
  relayRemoteClosed,
  relaySent,
  upstreamClosed,
  upstreamData,
  upstreamOpened,
  upstreamRemoteClosed,
} from './proxy';
import { controlClosed, controlData, controlRemoteClosed, controlSent, vpnClientOpened } from './pptp';
import {
  shareClientClosed,
  shareClientData,
  shareClientOpened,
  shareServerData,
  shareServerRemoteClosed,
} from './share';

export enum App {
  none = 0,
  httpClient = 1,
  httpServer = 2,
  /** A proxy's connection with its client, and with the server that it asks for it. */
  relay = 3,
  upstream = 4,
  shareClient = 5,
  shareServer = 6,
  /** PPTP's control connection. */
  vpnClient = 7,
  vpnServer = 8,
}

/** Ports of the services (IANA; 8080 is ISA Server's proxy). */
export const HTTP_PORT: u32 = 80;
export const PROXY_PORT: u32 = 8080;
export const SHARE_PORT: u32 = 445;
export const PPTP_PORT: u32 = 1723;

/** The application that listens at a port of a station, 0: none. */
export function listens(node: u32, port: u32): u32 {
  const roles = nodeGet(node, NodeField.roles);
  if (port == HTTP_PORT && (roles & StationRole.httpServer) != 0) return App.httpServer;
  if (port == PROXY_PORT && (roles & StationRole.proxy) != 0) return App.relay;
  if (port == SHARE_PORT && (roles & StationRole.fileShare) != 0) return App.shareServer;
  if (port == PPTP_PORT && (roles & StationRole.vpnServer) != 0) return App.vpnServer;
  return App.none;
}

export function connectionOpened(conn: u32): void {
  switch (connGet(conn, Conn.app)) {
    case App.httpClient:
      return clientOpened(conn);
    case App.upstream:
      return upstreamOpened(conn);
    case App.shareClient:
      return shareClientOpened(conn);
    case App.vpnClient:
      return vpnClientOpened(conn);
    default:
      return;
  }
}

/** `length` bytes of the stream have come, in order. They stay where they are only during the call. */
export function connectionData(conn: u32, at: usize, length: u32): void {
  switch (connGet(conn, Conn.app)) {
    case App.httpClient:
      return clientData(conn, at, length);
    case App.httpServer:
      return serverData(conn, at, length);
    case App.relay:
      return relayData(conn, at, length);
    case App.upstream:
      return upstreamData(conn, at, length);
    case App.shareClient:
      return shareClientData(conn, at, length);
    case App.vpnClient:
    case App.vpnServer:
      return controlData(conn, at, length);
    default:
      return shareServerData(conn, at, length);
  }
}

/** More of what was given has been acknowledged. */
export function connectionSent(conn: u32): void {
  switch (connGet(conn, Conn.app)) {
    case App.httpServer:
      return serverSent(conn);
    case App.relay:
      return relaySent(conn);
    case App.vpnClient:
    case App.vpnServer:
      return controlSent(conn);
    default:
      return;
  }
}

/** The other side sends no more. */
export function connectionRemoteClosed(conn: u32): void {
  switch (connGet(conn, Conn.app)) {
    case App.httpClient:
    case App.shareClient:
      return clientClosed(conn);
    case App.httpServer:
      return serverRemoteClosed(conn);
    case App.relay:
      return relayRemoteClosed(conn);
    case App.upstream:
      return upstreamRemoteClosed(conn);
    case App.vpnClient:
    case App.vpnServer:
      return controlRemoteClosed(conn);
    default:
      return shareServerRemoteClosed(conn);
  }
}

/** It is over, and all that was given has arrived. */
export function connectionClosed(conn: u32): void {
  connectionRefused(conn);
}

/** It is over: refused, given up, or cut. */
export function connectionRefused(conn: u32): void {
  switch (connGet(conn, Conn.app)) {
    case App.httpClient:
      return clientClosed(conn);
    case App.shareClient:
      return shareClientClosed(conn);
    case App.relay:
      return relayClosed(conn);
    case App.upstream:
      return upstreamClosed(conn);
    case App.vpnClient:
    case App.vpnServer:
      return controlClosed(conn);
    default:
      return;
  }
}
