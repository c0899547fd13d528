"""What outlives a kill -9."""
