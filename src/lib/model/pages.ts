/** Speaking of pages: writing and reading their names, where a page lies on each map, its bytes as rows. Pure. */
import type { VmId } from '#lib/ids';
import type { MapOrder, PageDetail, PageRef } from '#lib/sim/protocol';
import type { Pages } from '#lib/units';

export interface NamedVm {
  vm: VmId;
  name: string;
  max: Pages;
}

export const hexPage = (page: number): string => `0x${page.toString(16).padStart(6, '0')}`;

/** `0x0a3f21` for a machine page, `linux-1:0x00119c` for a page of a VM: what `parsePage` reads back. */
export function pageName(ref: PageRef, vms: readonly NamedVm[]): string {
  if (ref.vm === 0) return hexPage(ref.page);
  return `${vms.find(({ vm }) => vm === ref.vm)?.name ?? ref.vm}:${hexPage(ref.page)}`;
}

export type ParsedPage =
  | { kind: 'page'; ref: PageRef }
  | { kind: 'refused'; why: 'syntax' | 'unknown-vm' }
  | { kind: 'refused'; why: 'beyond'; lastPage: number };

/** Reads a machine page number, or a VM's name, a colon and a page number; decimal, or hexadecimal after 0x. */
export function parsePage(text: string, vms: readonly NamedVm[], hostPages: Pages): ParsedPage {
  const match = /^\s*(?:([^:]*?)\s*:)?\s*(0x[0-9a-f]{1,8}|\d{1,9})\s*$/i.exec(text);
  if (!match) return { kind: 'refused', why: 'syntax' };
  const [, name, number] = match;
  const page = Number(number);
  const owner =
    name === undefined ? undefined : vms.find((vm) => vm.name.toLowerCase() === name.trim().toLowerCase());
  if (name !== undefined && !owner) return { kind: 'refused', why: 'unknown-vm' };
  const pages = owner ? owner.max : hostPages;
  if (page >= pages) return { kind: 'refused', why: 'beyond', lastPage: pages - 1 };
  return { kind: 'page', ref: { vm: owner?.vm ?? 0, page } };
}

/** Where a page is seen in an order of the map: one machine page, or one place for each guest page mapped to it. */
export function placesOf(detail: PageDetail, order: MapOrder): PageRef[] {
  if (order === 'machine') {
    if (detail.ref.vm === 0) return [detail.ref];
    return detail.machinePage === null ? [] : [{ vm: 0, page: detail.machinePage }];
  }
  const owners = detail.owners.map(({ vm, page }) => ({ vm, page }));
  if (detail.ref.vm === 0) return owners;
  const own = detail.ref;
  return [own, ...owners.filter(({ vm, page }) => vm !== own.vm || page !== own.page)];
}

export interface HexRow {
  offset: string;
  /** One item a byte: its two digits, its ASCII character or a middle dot, and whether it differs from the other page. */
  bytes: { hex: string; ascii: string; differs: boolean }[];
}

/** The bytes as a listing; `other` marks the places that differ. */
export function hexRows(bytes: Uint8Array, perRow: number, other: Uint8Array | null = null): HexRow[] {
  const rows: HexRow[] = [];
  for (let start = 0; start < bytes.length; start += perRow)
    rows.push({
      offset: start.toString(16).padStart(3, '0'),
      bytes: Array.from(bytes.subarray(start, start + perRow), (byte, i) => ({
        hex: byte.toString(16).padStart(2, '0'),
        ascii: byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·',
        differs: other !== null && other[start + i] !== byte,
      })),
    });
  return rows;
}

/** Neighbours that look alike, joined: fewer nodes for the same listing. */
export function runs(row: HexRow): { text: string; ascii: string; differs: boolean }[] {
  const out: { text: string; ascii: string; differs: boolean }[] = [];
  for (const { hex, ascii, differs } of row.bytes) {
    const last = out.at(-1);
    if (last?.differs === differs) {
      last.text += ` ${hex}`;
      last.ascii += ascii;
    } else out.push({ text: hex, ascii, differs });
  }
  return out;
}

/** `9f3c51d077ab04e1` → `9f3c 51d0 77ab 04e1`; a page without bytes has none. */
export const spacedHex = (digits: string): string => digits.match(/.{1,4}/g)?.join(' ') ?? '';
/** `9f3c…04e1` */
export const shortHash = (digits: string): string =>
  digits ? `${digits.slice(0, 4)}…${digits.slice(-4)}` : '';
