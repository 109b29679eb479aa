"""Mutation testing of the hand-written validation modules: `python -m tests.harness.mutation`."""
