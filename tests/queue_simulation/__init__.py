"""Very many jobs in many pools, in simulated time: `python -m tests.queue_simulation`."""
