"""Per kernel family: what it computes, launch geometry, cases, oracle, tolerance."""
