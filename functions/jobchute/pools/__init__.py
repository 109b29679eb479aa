"""Which jobs share a limit, how many of them may be in flight, and how fast they may be created."""
