"""The fault run on the embedded AWS: `python -m tests.harness.faults_wire --jobs 500 --seed 1`.

Between the functions and everything they call stands a proxy that breaks about one call in ten, and kills the
Lambda process behind some. It is of our own, not microburst 0.10: that one knows neither seeds, nor
commits that land after the client gave up, nor the process behind a connection.
"""
