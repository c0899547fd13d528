"""HaloPay's documentation pages: fetched or saved, read, and compared with the spec."""
