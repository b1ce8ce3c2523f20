/** AssemblyScript's integer types, as tsc sees them in wasm/shared, which both compilers read. */
declare type i32 = number;
declare type u32 = number;
