"""Where the files lie that tests read."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
EVENTS = ROOT / "events"
FUNCTIONS = ROOT / "functions"
SAMPLES = EVENTS / "requests"
"""Request documents that a user may copy."""
EXAMPLES = ROOT / "tests" / "examples"
"""Request bodies from other projects and documentation, valid and invalid."""
REPORTS = ROOT / "tests" / "reports"
"""Requests and answers from public reports, judged as the provider judged them."""
DATA = ROOT / "tests" / "data"
"""What providers say, to be judged."""
