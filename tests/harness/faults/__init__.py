"""The deterministic fault harness: Jobchute's handlers over fakes, one process, simulated time, seeded chance.

`python -m tests.harness.faults` runs all of it and prints figures; the tests here run a short form.
"""
