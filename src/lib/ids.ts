/** Identifiers that cross rooms. Imports nothing. */

/** A virtual machine's slot in its host, 1 … MAX_VMS; 0 means "no VM". */
export type VmId = number;

/** A machine page number (MPN): real memory of the host, counted in 4 KiB pages from 0. */
export type MachinePage = number;

/** A physical page number (PPN): a page of the memory a guest believes it owns, counted from 0. */
export type GuestPage = number;
