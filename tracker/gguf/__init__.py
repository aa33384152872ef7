"""GGUF model files: checked reading of their metadata and tensors."""
