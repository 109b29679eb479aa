"""Announcing a batch of changes: status documents, notifications, the ends of executions, the jobs that wait.

A batch is announced in groups of up to ten changes, each in three stages: the documents of its rows, one
PutEvents for its moves, then the executions and dependents of jobs that have ended. Every step may be repeated
without harm, so a call may die anywhere: Lambda delivers its records again.

What cannot be done now, and may be done later, ends the group before its change. The changes before it go
through the later stages, and the next delivery begins with it. So moves are told in their order, each at least
once. If the bus refuses one of a request, those behind it, which it may have taken, are told again behind it.
What is given up is put aside, for its change alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from aws_lambda_powertools import Logger

from jobchute.aws.executions import Executions
from jobchute.job import Job
from jobchute.ledger.task_tokens import TaskTokenRows
from jobchute.lifecycle.announce import Change, Unreadable, changes_in
from jobchute.lifecycle.batch_documents import BatchDocuments
from jobchute.lifecycle.bus import MAX_ENTRIES, Bus, Entry, fitting
from jobchute.lifecycle.failures import is_permanent
from jobchute.lifecycle.postponed import Aside
from jobchute.status.answers import Answers

if TYPE_CHECKING:
    from jobchute.lifecycle.dependencies import Dependencies

logger = Logger(child=True)

MAX_SIZE = 60
"""Of a group: documents to write and jobs to move on, unless a single row has more of them. The function's time
is looked at between two groups."""

Each = Change | Unreadable
Group = list[Each]
Step = Callable[[], object]


class Announcer(NamedTuple):
    """aside: receives the changes whose announcement is given up.

    dependencies: made for the first job that has dependents: few functions need them, and they are a third of
    what would be imported.
    """

    answers: Answers
    task_tokens: TaskTokenRows
    executions: Executions
    dependencies: "Callable[[], Dependencies]"
    bus: Bus
    aside: Aside

    def batch(self, records: Iterable[Mapping[str, Any]]) -> "Batch":
        """The changes to announce in the records of a stream."""
        return Batch(self, list(changes_in(records)))

    def ends_of(self, change: Change) -> Iterator[Step]:
        """What the end of a job makes happen."""
        if change.is_end:
            yield partial(self._answer_tokens, change.job)
        if change.job.state.is_final and change.job.dependents:
            yield partial(self.dependencies().notify_dependents, change.job)

    def _answer_tokens(self, job: Job) -> None:
        for task_token in self.task_tokens.all(job.job_id):
            self.executions.answer(job, task_token)


class Batch:
    """The changes of one delivery, told group by group."""

    def __init__(self, parts: Announcer, changes: Sequence[Each]) -> None:
        self._bus, self._aside, self._ends_of = parts.bus, parts.aside, parts.ends_of
        self._changes = changes
        readable = (change for change in changes if isinstance(change, Change))
        self._documents = BatchDocuments(parts.answers, readable)
        self._errors: dict[str, list[Exception]] = defaultdict(list)

    def groups(self) -> Iterator[Group]:
        """The changes in their order; a group has one at least."""
        group: Group = []
        size = 0
        for change in self._changes:
            more = _size_of(change)
            if group and (len(group) == MAX_ENTRIES or size + more > MAX_SIZE):
                yield group
                group, size = [], 0
            group.append(change)
            size += more
        if group:
            yield group

    def tell(self, group: Group) -> int:
        """Announce a group. Returns how many of its changes are done; the next one is to come again."""
        self._documents.forget_versions()
        done = self._run(group, self._first_steps)
        done = self._publish(group[:done])
        done = self._run(group[:done], self._last_steps)
        return self._put_aside(group[:done])

    def _run(self, group: Group, steps_of: Callable[[Each], Iterable[Step]]) -> int:
        for place, change in enumerate(group):
            for step in steps_of(change):
                try:
                    step()
                except Exception as error:  # noqa: BLE001 - it is logged, or put aside
                    if not self._gives_up(change, error):
                        return place
        return len(group)

    def _first_steps(self, change: Each) -> Iterable[Step]:
        if isinstance(change, Unreadable):
            return [partial(_raise, change.error)]
        return self._documents.steps(change)

    def _last_steps(self, change: Each) -> Iterable[Step]:
        return () if isinstance(change, Unreadable) else self._ends_of(change)

    def _publish(self, group: Group) -> int:
        """Publish the moves in their order. What follows an entry that was refused is sent again."""
        left, described = self._events_of(group)
        while left:
            taken, error = self._put([entry for _, entry in left])
            left = left[taken:]
            if error is not None:
                place = left.pop(0)[0]
                if not self._gives_up(group[place], error):
                    return place
        return described

    def _events_of(self, group: Group) -> tuple[list[tuple[int, Entry]], int]:
        """The events of a group, with the places of their changes, and how many of its changes they cover."""
        events: list[tuple[int, Entry]] = []
        for place, change in enumerate(group):
            moves = change.moves if isinstance(change, Change) else ()
            try:
                events += [(place, self._bus.event_of(job)) for job in moves]
            except Exception as error:  # noqa: BLE001 - it is logged, or put aside
                if not self._gives_up(change, error):
                    return events, place
        return events, len(group)

    def _put(self, entries: Sequence[Entry]) -> tuple[int, Exception | None]:
        """How many of the first entries were taken, and what befell the next one."""
        count = fitting(entries)
        try:
            refused = self._bus.put(entries[:count])
        except Exception as error:  # noqa: BLE001 - it is judged as the error of the first entry
            if count > 1 and is_permanent(error):
                # Only one of them may be at fault.
                return self._put(entries[:1])
            return 0, error
        return (count, None) if refused is None else refused

    def _put_aside(self, group: Group) -> int:
        for place, change in enumerate(group):
            errors = self._errors.get(_number_of(change))
            if not errors:
                continue
            try:
                self._aside.put(change.record, errors)
            except Exception:
                logger.exception("record not announced", sequence_number=_number_of(change))
                return place
            what = ExceptionGroup("steps of the announcement that failed", errors)
            logger.error("record put aside", job_id=change.record["Keys"]["pk"]["S"], exc_info=what)
        return len(group)

    def _gives_up(self, change: Each, error: Exception) -> bool:
        """Whether a step is not to be tried again. Such a step is left out, and all others run: a status
        document that cannot be written does not keep an execution waiting.
        """
        if self._aside.gives_up(change.record, error):
            self._errors[_number_of(change)].append(error)
            return True
        logger.error("record not announced", sequence_number=_number_of(change), exc_info=error)
        return False


def _size_of(change: Each) -> int:
    if isinstance(change, Unreadable):
        return 1
    dependents = change.job.dependents if change.job.state.is_final else ()
    return 1 + len(change.job.duplicates) + len(dependents)


def _number_of(change: Each) -> str:
    return str(change.record["SequenceNumber"])


def _raise(error: Exception) -> None:
    raise error
