"""The pages as files: every link leads to a file, and their number is bounded."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from typer.testing import CliRunner

from jobchute.cli.deployment import Deployment
from jobchute.cli.errors import CannotAskError
from jobchute.cli.main import app
from jobchute.cli.ui.composition import site_of
from jobchute.cli.ui.export import Plan, export
from tests.builders import NOW
from tests.integration.cli.deployed import store_jobs
from tests.seeded_ledger import hostile_jobs

ADDRESS = re.compile(r'(?:href|src|action)="([^"#]*)"')


@pytest.fixture
def folder(deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JOBCHUTE_POOLS", "{}")
    monkeypatch.setenv("JOBCHUTE_BUDGETS", "{}")
    store_jobs(deployment)
    return tmp_path / "copy"


def pages(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*.html")}


def broken(folder: Path) -> set[str]:
    """Addresses that lead to no file of the folder."""
    found = set()
    for file in folder.rglob("*.html"):
        for address in ADDRESS.findall(file.read_text()):
            text = unquote(unescape(address))
            if text and "://" not in text and not (file.parent / text).is_file():
                found.add(text)
    return found


def test_the_pages_are_written_and_every_link_leads_to_a_file(folder: Path) -> None:
    export(site_of(None), folder, Plan())
    written = pages(folder)
    assert {"index.html", "jobs.html", "pools.html", "files.html", "sweeps.html", "left-out.html"} <= {*written}
    assert any(name.startswith("jobs/jc-") for name in written)
    assert broken(folder) == set()


def test_a_copy_has_no_scripts_forms_or_addresses(folder: Path) -> None:
    export(site_of(None), folder, Plan())
    for text in pages(folder).values():
        assert not re.search(r"<script|<form|hx-|127\.0\.0\.1|localhost", text)
        assert "script-src 'none'" in text
    assert not [*folder.rglob("*.js")]


def test_the_number_of_pages_is_bounded_and_said(deployment: Deployment, folder: Path) -> None:
    for job in hostile_jobs(NOW):
        deployment.ledger.add(job)
    written = export(site_of(None), folder, Plan(max_jobs=2, max_others=8))
    names = [*pages(folder)]
    assert written.files == 10
    assert sum(name.startswith("jobs/") for name in names) == 2
    assert written.left_out > 0
    assert broken(folder) == set()
    assert "left out" in (folder / "left-out.html").read_text()


def test_a_folder_with_files_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(CannotAskError, match="is not empty; name a new folder"):
        export(site_of(None), folder, Plan())
    assert [file.name for file in folder.iterdir()] == ["mine.txt"]


def test_the_command_says_what_to_open(folder: Path) -> None:
    result = CliRunner().invoke(app, ["ui", "--export", str(folder)])
    assert result.exit_code == 0
    assert f"open {folder / 'index.html'}" in result.stdout
