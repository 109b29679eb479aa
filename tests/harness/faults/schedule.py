"""The schedule of a world: the minutes at which `reconcile` runs."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from random import Random

from jobchute.dead_letters.messages import DeadLetterKind
from jobchute.job import FINAL_STATES, State
from jobchute.lifecycle.observe import SUBMITTED_STATES
from jobchute.lifecycle.postponed import put_aside_in
from jobchute.lifecycle.timing import RECONCILIATIONS_A_POLL
from tests.fakes.clock import Clock
from tests.fakes.dynamodb import Change, Item
from tests.fakes.provider import UNKNOWN, Provider
from tests.fakes.queues import Letter
from tests.harness.faults.table import Rows

MINUTE = 60.0
UNHURRIED = 20 * MINUTE
"""A sweep finds a waiting job to start only after an accident; fewer of them let the harness run faster."""
IDLE = 0.2
"""The share of sweeps with nothing to do that are run all the same."""


class Schedule:
    """It runs every minute; of these runs, those at which nothing is due make no difference and are left out.

    open: the jobs that have not ended. written_at: when a job's move was written. wished_at: when a stop of a
    job was first wished. dead: the letters of each dead-letter queue. sweep: one run.
    """

    def __init__(
        self,
        clock: Clock,
        chance: Random,
        rows: Rows,
        provider: Provider,
        dead: Mapping[DeadLetterKind, Mapping[str, Letter]],
        sweep: Callable[[], None],
    ) -> None:
        self.clock = clock
        self.random = chance
        self.rows = rows
        self.provider = provider
        self.dead = dead
        self.sweep = sweep
        self.open: set[str] = set()
        self.is_on = True
        self.written_at: dict[tuple[str, int], float] = {}
        self.wished_at: dict[str, float] = {}
        self._ticks: set[float] = set()

    def hear_row(self, change: Change) -> None:
        """The schedule runs every minute; only the runs at which something is due make a difference."""
        job_id, image = change.keys["pk"]["S"], change.new or {}
        self.written_at.setdefault((job_id, int(image["moves"]["N"])), self.clock.now)
        if "stopCause" in image:
            self.wished_at.setdefault(job_id, self.clock.now)
        else:
            # Of an attempt that has ended.
            self.wished_at.pop(job_id, None)
        # An ended job that is due has reserved money of its budget, which is not settled yet.
        is_over = image["state"]["S"] in FINAL_STATES and "due" not in image
        (self.open.discard if is_over else self.open.add)(job_id)
        if image["state"]["S"] in SUBMITTED_STATES:
            self.at(self.next_look())
        if self.rows.files:
            self.at(self.clock.now)
        if "due" in image:
            self.at(self.rows.due(job_id))
            if self.rows.is_waiting(job_id):
                self.at(self.unhurried())

    def hear_file(self, row: Item) -> None:
        if "open" in row:
            self.at(int(row["due"]["N"]))

    def at(self, when: float) -> None:
        minute = (max(when, self.clock.now) // MINUTE + 1) * MINUTE
        if minute not in self._ticks:
            self._ticks.add(minute)
            self.clock.at(minute, partial(self._tick, minute))

    def _tick(self, minute: float) -> None:
        self._ticks.discard(minute)
        self.rows.catch_up()
        is_waiting = any(map(self.rows.is_waiting, self.open))
        if self.is_on and (self._is_pressing() or is_waiting or self.random.random() < IDLE):
            self.sweep()
        if self._is_pressing():
            self.at(self.clock.now)
        elif any(map(self.rows.is_waiting, self.open)):
            self.at(self.unhurried())

    def unhurried(self) -> float:
        """The same for all jobs that wait."""
        return self._next(UNHURRIED)

    def next_look(self) -> float:
        """When the sweep asks the providers next how their jobs stand."""
        return self._next(RECONCILIATIONS_A_POLL * MINUTE)

    def _next(self, period: float) -> float:
        return (self.clock.now // period + 1) * period - 1

    def _is_pressing(self) -> bool:
        """Whether there is something that only the sweep does."""
        is_due = any(self.rows.due(job_id) <= self.clock.now for job_id in self.open)
        has_news = any(map(self._has_news, self.open))
        is_left = any(not held <= self.open for held in self.rows.held.values())
        has_files = bool(self.rows.files) and self.rows.files_due(self.clock.now, self.open)
        return is_due or has_news or is_left or has_files or self.has_letters_to_handle()

    def _has_news(self, job_id: str) -> bool:
        """Whether a look at the provider finds more than the row says: an end, or a job to be stopped."""
        image = self.rows.images[job_id]
        if "providerId" not in image or image["state"]["S"] not in SUBMITTED_STATES:
            return False
        made = self.provider.by_id.get(image["providerId"]["S"])
        is_told = made is not None and made.is_over and made.native != UNKNOWN
        return is_told or ("stopCause" in image and image["state"]["S"] != State.CANCELLING)

    def has_letters_to_handle(self) -> bool:
        """Letters that the ledger does not know, or that the sweep makes up for."""
        letters = {(str(place), name) for place, dead in self.dead.items() for name in dead}
        if not letters:
            return False
        records = (
            put_aside_in(json.loads(letter.body)) for letter in self.dead[DeadLetterKind.STREAM].values()
        )
        is_passing = any(record is not None and not record.is_permanent for record in records)
        return is_passing or not letters <= self.rows.known_letters()
