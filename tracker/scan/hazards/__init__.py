"""Porting hazards: constructs that fail, or silently mean something else, on AMD GPUs. Rules are data (rules.toml)."""
