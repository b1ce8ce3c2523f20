/**
 * Memory that a VM costs beside its own: frame buffer, page tables, shadow tables. Reserved at power-on and never
 * reclaimed. ESX 2.5: 54 MiB with one virtual CPU, 64 with two, and 32 MiB more for each GiB above 512 MiB
 * (administration guide, 2.1 edition, pp. 397 and 417).
 */
import { option } from '../kernel/header';
import { Option } from '../shared/options';

const PAGES_PER_MIB: u32 = 256;
const SMALL_VM_PAGES: u32 = 512 * PAGES_PER_MIB;
const GIB_PAGES: u64 = 1024 * 256;

/** Overhead of a VM, in pages. */
export function overheadPages(vmPages: u32, vcpus: u32): u32 {
  let mib = option(Option.overheadBaseMib);
  if (vcpus > 1) mib += option(Option.overheadVcpuMib);
  let pages = mib * PAGES_PER_MIB;
  if (vmPages > SMALL_VM_PAGES) {
    const above = <u64>(vmPages - SMALL_VM_PAGES);
    pages += <u32>((above * option(Option.overheadGibMib) * PAGES_PER_MIB) / GIB_PAGES);
  }
  return pages;
}
