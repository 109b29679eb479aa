"""A long run of the fault harness in parts: what counts as done, and for which code."""

from collections import Counter
from pathlib import Path

from tests.harness.faults.journal import Journal, digest_of_code
from tests.harness.faults.parts import Task
from tests.harness.faults.result import Failure, Tally
from tests.harness.faults.violation import Violation

SEEDS = Task("seeds", (0, 10))
CASE = Task("special", ("a_case",))
BROKEN = Tally(
    runs=10,
    jobs=500,
    calls=4000,
    faults=400,
    kinds=Counter(double=1),
    failures=[Failure("seed:3", [Violation("double", "jc-1", "two jobs")])],
    boundaries={"s3:get_object", "sqs:send_message"},
)


def test_what_was_run_is_read_as_it_was(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "build" / "faults.jsonl", "one")
    assert journal.done() == {}
    journal.add(SEEDS, BROKEN)
    journal.add(CASE, Tally(runs=1))
    assert journal.done() == {SEEDS: BROKEN, CASE: Tally(runs=1)}


def test_what_was_run_with_other_code_does_not_count(tmp_path: Path) -> None:
    Journal(tmp_path / "faults.jsonl", "one").add(SEEDS, BROKEN)
    assert Journal(tmp_path / "faults.jsonl", "two").done() == {}


def test_the_digest_changes_with_the_code_and_its_place(tmp_path: Path) -> None:
    module = tmp_path / "tests" / "fakes" / "a.py"
    module.parent.mkdir(parents=True)
    digests = [digest_of_code(tmp_path)]
    for path, text in ((module, "x = 1"), (module, "x = 2"), (module.with_name("b.py"), "x = 2")):
        path.write_text(text)
        digests.append(digest_of_code(tmp_path))
    assert len({*digests}) == 4


def test_the_digest_is_not_of_the_command_line_tool(tmp_path: Path) -> None:
    tool = tmp_path / "functions" / "jobchute" / "cli"
    tool.mkdir(parents=True)
    before = digest_of_code(tmp_path)
    (tool / "output.py").write_text("x = 1")
    assert digest_of_code(tmp_path) == before
    (tool / "redrive.py").write_text("x = 1")
    assert digest_of_code(tmp_path) != before
