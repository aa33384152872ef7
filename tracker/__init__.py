"""kerntrack: inventory, gap and evidence of GPU kernels ported from CUDA to HIP."""

__version__ = "0.1.0"
