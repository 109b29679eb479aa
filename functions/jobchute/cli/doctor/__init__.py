"""What `jobchute doctor` checks. Each module has one part; all of them only read."""
