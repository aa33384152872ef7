/// What is known about one kernel on one architecture.
#[derive(Debug)]
pub struct Evidence {
    /// Symbol.
    pub kernel: &'static str,
    /// Processor.
    pub arch: &'static str,
    /// `verified` (on a device), `emulated`, or a state that says it was never checked.
    pub state: &'static str,
    /// SHA-256 in hex over the kernel's machine code, descriptor and the constants it reads: what was checked.
    pub code_hash: &'static str,
    /// On what it ran, empty when it was not checked.
    pub device: &'static str,
    /// Contract and its version.
    pub contract: &'static str,
    /// Which set of the contract's cases.
    pub effort: &'static str,
    /// When, ISO 8601 in UTC.
    pub created: &'static str,
    /// Cases that were run; all passed where `state` is `verified` or `emulated`.
    pub cases: u32,
}

/// One entry per kernel and architecture.
#[rustfmt::skip]
pub static EVIDENCE: &[Evidence] = &[
$evidence];
