/// One parameter of a kernel.
#[derive(Debug)]
pub struct Parameter {
    /// Its name in the source.
    pub name: &'static str,
    /// Its type in the source.
    pub type_name: &'static str,
    /// Bytes from the begin of the kernel's argument segment.
    pub offset: usize,
    /// Bytes.
    pub size: usize,
}

/// One entry point.
#[derive(Debug)]
pub struct Kernel {
    /// Symbol, as `hipModuleGetFunction` takes it.
    pub name: &'static str,
    /// Parameters in order.
    pub parameters: &'static [Parameter],
    /// Launch bound: work-items that a workgroup may have.
    pub max_threads: u32,
}

/// Every kernel of the code objects.
#[rustfmt::skip]
pub static KERNELS: &[Kernel] = &[
$kernels];
