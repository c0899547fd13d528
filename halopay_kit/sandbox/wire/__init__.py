"""How calls come in and answers go out: bytes, headers, signatures, the spec."""
