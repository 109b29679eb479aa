"""MiniStack behind another server than its own: its answers keep its own headers."""

import urllib.request

from tests.e2e.conftest import World


def test_an_answer_has_one_date_and_no_server(world: World) -> None:
    with urllib.request.urlopen(f"{world.deployment.aws_url}/_ministack/health", timeout=10) as answer:
        assert len(answer.headers.get_all("Date")) == 1
        assert "Server" not in answer.headers
