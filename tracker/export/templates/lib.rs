//! $summary.
//!
//! [`quantized`] gives the code object for a GPU, [`KERNELS`] what is in it, [`EVIDENCE`] how each kernel was checked.
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod evidence;
mod kernels;

pub use evidence::{Evidence, EVIDENCE};
pub use kernels::{Kernel, Parameter, KERNELS};

/// Compiler with which the embedded files were made.
pub const TOOLCHAIN: &str = $toolchain;
/// Program and version that exported this crate.
pub const EXPORTED_BY: &str = $program;
/// Pairs of kernel and architecture that were never checked; they are listed in [`EVIDENCE`].
pub const UNVERIFIED: usize = $unverified;
/// Whether the code objects were made from `sources/` when this crate was built: then no evidence is about them.
pub const RECOMPILED: bool = cfg!(feature = "recompile");

/// A code object (HSACO) for one architecture.
#[derive(Debug)]
pub struct CodeObject {
    /// Processor without features, such as `$first`.
    pub arch: &'static str,
    /// EF_AMDGPU_MACH: low byte of the ELF header's `e_flags`.
    pub machine: u32,
    /// SHA-256 in hex of the file in `hsaco/`.
    pub sha256: &'static str,
    /// The ELF file, aligned to 64 bytes.
    pub bytes: &'static [u8],
}

#[repr(align(64))]
struct Aligned<T: ?Sized>(T);

#[cfg(not(feature = "recompile"))]
macro_rules! embedded {
    ($$arch:literal) => {
        include_bytes!(concat!("../hsaco/", $$arch, ".hsaco"))
    };
}

#[cfg(feature = "recompile")]
macro_rules! embedded {
    ($$arch:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $$arch, ".hsaco"))
    };
}

macro_rules! code_object {
    ($$arch:literal, $$machine:literal, $$sha256:literal) => {
        CodeObject {
            arch: $$arch,
            machine: $$machine,
            sha256: $$sha256,
            bytes: {
                static BYTES: &Aligned<[u8]> = &Aligned(*embedded!($$arch));
                &BYTES.0
            },
        }
    };
}

/// Every code object, one per architecture. Each holds all of [`KERNELS`].
pub static CODE_OBJECTS: &[CodeObject] = &[
$objects];

/// The code object that a GPU of this target id can load; `None` when there is none.
///
/// Takes a processor (`gfx90a`) or a full target id (`gfx90a:sramecc+:xnack-`). The code objects are compiled for any
/// setting of these features and hence fit all of them (LLVM AMDGPUUsage, "Target ID").
pub fn quantized(arch: &str) -> Option<&'static [u8]> {
    let mut parts = arch.strip_prefix("amdgcn-amd-amdhsa--").unwrap_or(arch).split(':');
    let processor = parts.next()?;
    if !parts.all(|feature| matches!(feature, "sramecc+" | "sramecc-" | "xnack+" | "xnack-")) {
        return None;
    }
    CODE_OBJECTS.iter().find(|object| object.arch == processor).map(|object| object.bytes)
}
