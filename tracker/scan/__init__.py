"""libclang: translation unit → kernels. Knows nothing of builds and devices."""
