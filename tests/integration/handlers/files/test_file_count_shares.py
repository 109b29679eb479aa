"""Files are counted side by side, while they are read, and from what earlier versions wrote."""

from typing import Any

import pytest

from jobchute.ledger.file_counts import FileCountRows
from tests.aws import TABLE
from tests.integration.handlers.files.counted import (
    MINUTE,
    STATUS,
    drop,
    end,
    ends,
    hurried,
    open_jobs,
    seen,
    ticking,
)
from tests.integration.handlers.files.many import go_on, lines, row_of
from tests.integration.handlers.world import World

pytestmark = pytest.mark.usefixtures("jobs_stand_still")


class TestShares:
    """Of the time that a sweep has for files."""

    @pytest.fixture(autouse=True)
    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(FileCountRows, "max_page_rows", 2)

    def test_a_count_that_one_sweep_has_no_time_for_is_gone_on_with(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(world, lines(7))
        world.pass_time(MINUTE)
        pages = seen(monkeypatch, "next_page")
        for number in range(1, 4):
            hurried(world)
            assert len(pages) == number
            assert "states" not in world.status(STATUS)
        hurried(world)
        assert world.status(STATUS)["states"] == {"QUEUED": 7}

    def test_a_large_file_keeps_no_small_one_waiting(self, world: World) -> None:
        drop(world, lines(9), "requests/large.jsonl")
        world.pass_time(1)
        drop(world, lines(1, key="small") + b"\n{", "requests/small.jsonl")
        world.pass_time(MINUTE)
        world.parts.file_counts.count_due(time_left=ticking(2))
        assert world.status("small.jsonl.json")["states"] == {"QUEUED": 1, "REJECTED": 1}
        assert "states" not in world.status("large.jsonl.json")

    def test_one_that_cannot_be_counted_keeps_no_other_from_it(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(world, lines(2), "requests/bad.jsonl")
        world.pass_time(1)
        drop(world, lines(2, key="good"), "requests/good.jsonl")
        page = FileCountRows.next_page

        def broken(self: FileCountRows, row: Any, count: Any) -> Any:
            if "bad" in row.source.uri:
                raise RuntimeError
            return page(self, row, count)

        monkeypatch.setattr(FileCountRows, "next_page", broken)
        world.sweep(after=MINUTE)
        assert world.status("good.jsonl.json")["states"] == {"QUEUED": 2}
        assert "states" not in world.status("bad.jsonl.json")

    def test_of_two_sweeps_at_once_one_counts(self, world: World) -> None:
        drop(world, lines(2))
        world.pass_time(MINUTE)
        rows = world.parts.file_counts.rows
        (row,) = rows.due(world.now)
        assert rows.claim(row, due=int(world.now) + MINUTE) is not None
        assert rows.claim(row, due=int(world.now) + MINUTE) is None


class TestReadOn:
    def test_checkpoints_let_a_count_under_way_go_on(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A large file is read in hundreds of checkpoints, one every few seconds."""
        drop(world, lines(6), looks=2)
        page = FileCountRows.next_page

        def meanwhile(*call: Any) -> Any:
            monkeypatch.setattr(FileCountRows, "next_page", page)
            count = page(*call)
            further = before.reading._replace(combination=1)
            rows = world.parts.file_rows
            assert rows.advance(before, further, reader="a call that began before", now=world.now)[1]
            return count

        before = row_of(world)
        monkeypatch.setattr(FileCountRows, "next_page", meanwhile)
        world.sweep(after=MINUTE)
        assert row_of(world).states == {"QUEUED": 2}

    def test_one_whose_reading_stood_still_is_counted_soon(self, world: World) -> None:
        drop(world, lines(6), looks=2)
        for _ in range(100):
            world.sweep(after=5 * MINUTE)
        assert (row_of(world).due or 0) > world.now + 5 * MINUTE
        go_on(world)
        assert (row_of(world).due or 0) <= world.now + MINUTE


class TestEarlierVersions:
    """Rows that the version before has written."""

    def forget(self, world: World) -> None:
        key = {name: {"S": value} for name, value in self.key(world).items()}
        world.aws["dynamodb"].update_item(
            TableName=TABLE,
            Key=key,
            UpdateExpression="REMOVE #open, due",
            ExpressionAttributeNames={"#open": "open"},
        )

    def key(self, world: World) -> dict[str, str]:
        return {name: value["S"] for name, value in row_of(world).key.items()}

    def test_one_that_was_read_stays_as_it_is(self, world: World) -> None:
        drop(world, lines(2))
        self.forget(world)
        before = world.status(STATUS)
        end(world, *open_jobs(world))
        assert ends(world) == []
        assert world.status(STATUS) == before

    def test_one_that_is_read_on_is_counted(self, world: World) -> None:
        drop(world, lines(5), looks=2)
        self.forget(world)
        go_on(world)
        end(world, *open_jobs(world))
        (detail,) = ends(world)
        assert detail["states"] == {"SUCCEEDED": 5}
