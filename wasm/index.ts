/** The whole ABI of the core: every export, and nothing else exports. */
export * from './host-abi';
export * from './network-abi';
