"""The end of a file's jobs is told once, and so is what was cancelled."""

import json
from typing import Any

import pytest

from jobchute.job import iso
from jobchute.ledger.file_counts import FileCountRows
from jobchute.lifecycle.bus import Bus
from jobchute.lifecycle.count_files import SETTLED_SECONDS
from tests.integration.handlers.files.counted import (
    MINUTE,
    STATUS,
    drop,
    end,
    ends,
    failing,
    open_jobs,
    seen,
)
from tests.integration.handlers.files.many import deliver, go_on, lines, row_of
from tests.integration.handlers.world import World, keyed

pytestmark = pytest.mark.usefixtures("jobs_stand_still")


class TestEnd:
    def test_one_event_tells_that_a_file_has_ended(self, world: World) -> None:
        drop(world, lines(3, bad=(2,)))
        end(world, *open_jobs(world))
        (detail,) = ends(world)
        status = world.status(STATUS)
        assert detail["id"].startswith("file-")
        assert detail["id"].endswith(":ended")
        assert detail["status"] == f"status/{STATUS}"
        assert detail["version"] == "1"
        assert (detail["states"], detail["endedAt"]) == (status["states"], status["endedAt"])
        assert (detail["source"], detail["progress"]) == (status["source"], status["progress"])
        assert ends(world, within=10) == []

    def test_a_file_without_a_job_of_its_own_ends_too(self, world: World) -> None:
        drop(world, b"{\n{\n")
        (detail,) = ends(world)
        assert detail["states"] == {"REJECTED": 2}
        drop(
            world, "\n".join(json.dumps(keyed(key, dryRun=True)) for key in "ab").encode(), "requests/dry.jsonl"
        )
        (detail,) = ends(world)
        assert (detail["states"], detail["answered"]) == ({}, 2)

    def test_none_ends_before_it_is_read_to_its_end(self, world: World) -> None:
        drop(world, lines(6), looks=3)
        end(world, *open_jobs(world))
        assert ends(world) == []
        assert world.status(STATUS)["states"] == {"SUCCEEDED": 3}
        go_on(world)
        end(world, *open_jobs(world))
        (detail,) = ends(world)
        assert detail["states"] == {"SUCCEEDED": 6}

    def test_none_ends_while_the_index_does_not_show_all_jobs(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(world, lines(3))
        end(world, *open_jobs(world))
        lag: list[int] = [1]
        page = FileCountRows.next_page

        def behind(*call: Any) -> Any:
            count = page(*call)
            return count._replace(states={"SUCCEEDED": count.states["SUCCEEDED"] - sum(lag)})

        monkeypatch.setattr(FileCountRows, "next_page", behind)
        assert ends(world) == []
        lag.clear()
        assert len(ends(world)) == 1

    def test_an_event_that_is_told_again_has_the_same_id(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The sweep dies between the event and the row."""
        drop(world, lines(2))
        end(world, *open_jobs(world))
        with monkeypatch.context() as dying:
            dying.setattr(FileCountRows, "save", failing)
            details = ends(world, within=3)
        details += ends(world)
        assert len(details) >= 2
        assert len({detail["id"] for detail in details}) == 1
        assert len({detail["endedAt"] for detail in details}) == 1

    def test_an_event_that_the_bus_refuses_comes_later(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(world, lines(2))
        end(world, *open_jobs(world))
        with monkeypatch.context() as refusing:
            refusing.setattr(Bus, "publish_file", failing)
            assert ends(world) == []
            assert "endedAt" not in world.status(STATUS)
        assert len(ends(world)) == 1

    def test_an_older_answer_written_after_the_end_is_put_right(self, world: World) -> None:
        drop(world, lines(2))
        stale = world.status(STATUS)
        end(world, *open_jobs(world))
        assert len(ends(world, within=3)) == 1
        objects = world.parts.file_counts.answers.objects
        objects.write(f"status/{STATUS}", stale)
        for _ in range(3):
            world.sweep(after=MINUTE)
        assert world.status(STATUS)["endedAt"]
        assert row_of(world).due is None

    def test_what_no_file_is_open_for_costs_one_query_of_an_index(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(world, lines(2))
        end(world, *open_jobs(world))
        ends(world)
        calls = [seen(monkeypatch, name) for name in ("claim", "next_page", "keep", "save", "close")]
        world.sweep(after=3600)
        assert calls == [[], [], [], [], []]


class TestCancelled:
    def cancel(self, world: World, target: str = "requests/many.jsonl") -> None:
        assert deliver(world, {"cancel": target}) == []

    def test_a_cancelled_file_says_what_was_cancelled(self, world: World) -> None:
        drop(world, lines(10), looks=4)
        end(world, world.jobs()[0])
        self.cancel(world)
        world.sweep(after=1)
        status = world.status(STATUS)
        assert status["states"] == {"SUCCEEDED": 1, "CANCELLED": 3}
        cancelled_at = iso(int(world.now - 1))
        assert status["cancellation"] == {"at": cancelled_at, "jobs": 3, "unreadDocuments": 6}
        assert (status["progress"]["cancelled"], status["progress"]["finished"]) == (True, False)
        assert "endedAt" not in status
        world.now += SETTLED_SECONDS
        go_on(world)
        (detail,) = ends(world)
        assert detail["cancellation"] == status["cancellation"]

    def test_a_cancel_after_the_end_is_shown_and_told_no_second_time(self, world: World) -> None:
        drop(world, lines(2))
        end(world, *open_jobs(world))
        assert len(ends(world)) == 1
        before = world.status(STATUS)
        self.cancel(world)
        assert ends(world) == []
        status = world.status(STATUS)
        assert status["cancellation"]["jobs"] == 0
        assert (status["states"], status["endedAt"]) == (before["states"], before["endedAt"])
        assert row_of(world).due is None

    def test_a_cancel_while_its_jobs_are_counted_is_not_lost(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(world, lines(2))
        page = FileCountRows.next_page

        def meanwhile(*call: Any) -> Any:
            monkeypatch.setattr(FileCountRows, "next_page", page)
            count = page(*call)
            self.cancel(world)
            return count

        monkeypatch.setattr(FileCountRows, "next_page", meanwhile)
        world.sweep(after=MINUTE)
        world.sweep(after=1)
        assert world.status(STATUS)["cancellation"]["jobs"] == 2
