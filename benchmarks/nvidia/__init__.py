"""Our kernels against the CUDA originals on an NVIDIA GPU: same buffers, same geometry, one run."""
