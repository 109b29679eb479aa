"""Many requests on a small pool of the embedded AWS: `python -m tests.queue_run`, or `make queue-run`."""
