"""A HaloPay that changed without telling."""
