"""The tool, called within this process."""

from typer.testing import CliRunner

from jobchute.cli.main import app


def said(*line: str) -> str:
    """What the tool prints; it must succeed."""
    result = CliRunner().invoke(app, [*line])
    assert result.exit_code == 0, result.output
    return result.stdout
