"""The kit beside its peers in one run; prints ratios, asserts nothing."""
