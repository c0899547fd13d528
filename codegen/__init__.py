"""Generate `halopay_api` from the spec; a maintainer's tool, not shipped."""
