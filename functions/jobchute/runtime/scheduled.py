"""The parts of the scheduled function, `reconcile`."""

from functools import cached_property
from typing import TYPE_CHECKING

from jobchute.runtime.shared import LifecycleParts
from jobchute.settings import (
    BudgetSettings,
    DeadLetterSettings,
    FileCountSettings,
    OtherQueueSettings,
    ReconcileSettings,
    RetellingSettings,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobchute.aws.other_queues import OtherQueues
    from jobchute.dead_letters.handle import DeadLetters
    from jobchute.lifecycle.advance import Advancer
    from jobchute.lifecycle.budget_upkeep import BudgetUpkeep
    from jobchute.lifecycle.count_files import FileCounts
    from jobchute.lifecycle.lost_announcements import LostAnnouncements
    from jobchute.lifecycle.reconcile import Reconciler
    from jobchute.money.budgets import Budgets


class ScheduledParts(LifecycleParts):
    """Each reads settings of its own: where one of them is wrong, the others go on."""

    @cached_property
    def reconciler(self) -> "Reconciler":
        from jobchute.ledger.reconciliations import ReconciliationRows
        from jobchute.lifecycle.poll import Poller
        from jobchute.lifecycle.pool_upkeep import PoolUpkeep
        from jobchute.lifecycle.reconcile import Reconciler

        settings = self.settings(ReconcileSettings)
        notes = ReconciliationRows(self.clients.client("dynamodb"), settings.table)
        polled = self.ledger.queries._replace(consistent=False)
        return Reconciler(
            queries=self.ledger.queries,
            pool_rows=self.pool_rows,
            queues=self.queue_rows,
            capacity=self.capacity,
            notes=notes,
            advancer=self.advancer,
            poller=Poller(self.ledger, polled, notes, self.adapters, self.timing),
            upkeep=PoolUpkeep(self.ledger, self.pool_rows, self.capacity, self.admission),
            timing=self.timing,
            now=self.clock.now,
        )

    @cached_property
    def advancer(self) -> "Advancer":
        from jobchute.lifecycle.advance import Advancer

        return Advancer(
            ledger=self.ledger,
            pool_rows=self.pool_rows,
            executions=self.executions,
            dependencies=self.dependencies,
            submitter=self.submitter,
            expirer=self.expirer,
            transitions=self.transitions,
            budget_upkeep=lambda: self.budget_upkeep,
            timing=self.timing,
            now=self.clock.now,
        )

    @property
    def known_budgets(self) -> "Callable[[], Budgets | None]":
        return lambda: self.settings(BudgetSettings).budgets

    @property
    def has_budgets(self) -> bool:
        return self.settings(BudgetSettings).budgets is not None

    @cached_property
    def budget_upkeep(self) -> "BudgetUpkeep":
        from jobchute.lifecycle.budget_upkeep import BudgetUpkeep
        from jobchute.lifecycle.bus import Bus

        settings = self.settings(BudgetSettings)
        return BudgetUpkeep(
            ledger=self.ledger,
            rows=self.budget_rows,
            waits=self.budget_waits,
            budgets=settings.budgets,
            dependencies=self.dependencies,
            bus=Bus(self.clients.client("events"), settings.bus),
            timing=self.timing,
            now=self.clock.now,
        )

    @cached_property
    def dead_letters(self) -> "DeadLetters":
        from jobchute.aws.queues import Queue
        from jobchute.dead_letters.handle import DeadLetters
        from jobchute.dead_letters.messages import DeadLetterKind
        from jobchute.requests.owners import Owners

        settings = self.settings(DeadLetterSettings)
        urls = {
            DeadLetterKind.INTAKE: settings.dead_letter_queue_url,
            DeadLetterKind.EVENTS: settings.events_dead_letter_queue_url,
            DeadLetterKind.STREAM: settings.stream_failures_queue_url,
        }
        return DeadLetters(
            queues={kind: Queue(self.clients.client("sqs"), url) for kind, url in urls.items()},
            rows=self.letter_rows,
            continuations=self.continuation_rows,
            versions=self.version_rows,
            objects=self.objects_in(settings.bucket),
            reteller=self.reteller,
            now=self.clock.now,
            owners=Owners(settings.owners),
        )

    @cached_property
    def lost_announcements(self) -> "LostAnnouncements":
        from jobchute.ledger.lost_announcements import RetellingRows
        from jobchute.lifecycle.lost_announcements import LostAnnouncements
        from jobchute.lifecycle.status_documents import StatusDocuments

        settings = self.settings(RetellingSettings)
        rows = RetellingRows(self.clients.client("dynamodb"), settings.table)
        documents = StatusDocuments(
            rows=rows,
            reteller=self.reteller,
            objects=self.objects_in(settings.bucket),
            versions=self.version_rows,
            letters=self.letter_rows,
        )
        return LostAnnouncements(
            ledger=self.ledger,
            task_tokens=self.task_tokens,
            rows=rows,
            reteller=self.reteller,
            executions=self.executions,
            documents=documents,
            letters=self.letter_rows,
            now=self.clock.now,
        )

    @cached_property
    def file_counts(self) -> "FileCounts":
        from jobchute.ledger.file_counts import FileCountRows
        from jobchute.lifecycle.bus import Bus
        from jobchute.lifecycle.count_files import FileCounts
        from jobchute.status.answers import Answers

        settings = self.settings(FileCountSettings)
        return FileCounts(
            rows=FileCountRows(self.clients.client("dynamodb"), settings.table),
            answers=Answers(self.version_rows, self.objects_in(settings.bucket)),
            bus=Bus(self.clients.client("events"), settings.bus),
            now=self.clock.now,
        )

    @cached_property
    def other_queues(self) -> "OtherQueues":
        from jobchute.aws.other_queues import OtherQueues
        from jobchute.aws.queues import Queue

        settings = self.settings(OtherQueueSettings)
        return OtherQueues(
            queues=[Queue(self.clients.client("sqs"), url) for url in settings.other_queue_urls],
            dead_letters=Queue(self.clients.client("sqs"), settings.dead_letter_queue_url),
            shortest_hidden=settings.shortest_hidden_seconds,
            now=self.clock.now,
        )
