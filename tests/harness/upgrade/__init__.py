"""A stack with open jobs, upgraded, and torn down: `make e2e-upgrade`. Not collected by pytest."""
