"""Quantized inference of llama-architecture models: linear layers on kernels, the rest in numpy, and its reference."""
