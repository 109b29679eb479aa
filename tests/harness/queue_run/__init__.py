"""Many requests on a small pool of the embedded AWS: `make queue-run`."""
