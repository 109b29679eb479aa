"""Very many jobs in many pools, in simulated time: `python -m tests.harness.queue_simulation`."""
