"""The parts of the function `validate`."""

from functools import cached_property, partial
from typing import TYPE_CHECKING

from jobchute.runtime.shared import LifecycleParts
from jobchute.settings import ValidateSettings

if TYPE_CHECKING:
    from jobchute.aws.objects import Objects
    from jobchute.intake.cancel import Canceller
    from jobchute.intake.dry_runs import Planner
    from jobchute.intake.files import FileReader
    from jobchute.intake.invocation import Continuations
    from jobchute.intake.process import DocumentProcessor
    from jobchute.intake.read import DocumentReader
    from jobchute.intake.receive import Intake
    from jobchute.intake.set import Setter
    from jobchute.lifecycle.accept import Acceptor
    from jobchute.lifecycle.budget_entry import BudgetEntry
    from jobchute.lifecycle.build import JobBuilder
    from jobchute.lifecycle.enter import JobEntry
    from jobchute.status.answers import Answers


class IntakeParts(LifecycleParts):
    """From a message to accepted requests."""

    @cached_property
    def intake(self) -> "Intake":
        from jobchute.intake.objects import ObjectReader
        from jobchute.intake.receive import Intake
        from jobchute.intake.sources import SourceReader
        from jobchute.requests.owners import Owners

        settings = self.settings(ValidateSettings)
        sources = SourceReader(
            reader=self.reader,
            processor=self.processor,
            files=self.files,
            continuations=self.continuations,
        )
        owners = Owners(settings.owners)
        objects = ObjectReader(
            sources=sources,
            processor=self.processor,
            files=self.files,
            objects=self.own_objects,
            versions=self.version_rows,
            continuations=self.continuations,
            buckets=settings.buckets,
            owners=owners,
        )
        return Intake(
            sources=sources,
            objects=objects,
            processor=self.processor,
            acceptor=self.acceptor,
            continuations=self.continuations,
            owners=owners,
        )

    @cached_property
    def reader(self) -> "DocumentReader":
        from jobchute.intake.read import DocumentReader
        from jobchute.requests.judgement import Judge

        settings = self.settings(ValidateSettings)
        return DocumentReader(Judge(settings.own_guard_rails, settings.place, self.costs))

    @cached_property
    def files(self) -> "FileReader":
        from jobchute.intake.files import FileReader

        return FileReader(
            reader=self.reader,
            processor=self.processor,
            answers=self.answers,
            rows=self.file_rows,
            now=self.clock.now,
        )

    @cached_property
    def processor(self) -> "DocumentProcessor":
        from jobchute.intake.old_objects import OldObjects
        from jobchute.intake.process import DocumentProcessor
        from jobchute.lifecycle.reject import Rejecter

        retention = self.settings(ValidateSettings).retention_seconds
        return DocumentProcessor(
            acceptor=self.acceptor,
            rejecter=Rejecter(self.ledger, self.clock.now),
            canceller=lambda: self.canceller,
            setter=partial(_setter, self),
            answers=self.answers,
            old_objects=OldObjects(self.ledger, retention, self.clock.now),
            planner=self.planner,
        )

    @cached_property
    def acceptor(self) -> "Acceptor":
        from jobchute.lifecycle.accept import Acceptor
        from jobchute.lifecycle.name_checks import NameChecks

        name_checks = NameChecks(self.clients.client("sqs"), self.settings(ValidateSettings).queue_url)
        dependencies = self.dependencies._replace(name_checks=name_checks)
        return Acceptor(self.ledger, self.entry, dependencies, self.timing, self.clock.now)

    @cached_property
    def entry(self) -> "JobEntry":
        from jobchute.lifecycle.arrive import Arrivals
        from jobchute.lifecycle.enter import JobEntry
        from jobchute.lifecycle.resolve import DependencyResolver

        resolver = DependencyResolver(self.ledger, self.timing, self.clock.now)
        arrivals = Arrivals(self.ledger, self.pool_rows, self.capacity, self.admission)
        budgets = partial(_budget_entry, self)
        return JobEntry(self.ledger, self.ledger.requests, self.builder, resolver, arrivals, budgets)

    @cached_property
    def builder(self) -> "JobBuilder":
        from jobchute.lifecycle.build import JobBuilder

        settings = self.settings(ValidateSettings)
        return JobBuilder(
            adapters=self.adapters,
            rules=self.rules,
            wait_limit=settings.wait_limit_seconds,
            fair_by=settings.fair_by,
            now=self.clock.now,
            costs=self.costs,
        )

    @cached_property
    def canceller(self) -> "Canceller":
        from jobchute.intake.cancel import Canceller

        return Canceller(
            jobs=self.job_canceller,
            queries=self.ledger.queries,
            rows=self.file_rows,
            continuations=self.continuations,
            own_bucket=self.settings(ValidateSettings).bucket,
            now=self.clock.now,
        )

    @cached_property
    def continuations(self) -> "Continuations":
        from jobchute.intake.invocation import Continuations

        queue_url = self.settings(ValidateSettings).queue_url
        return Continuations(self.continuation_rows, self.clients.client("sqs"), queue_url, self.clock.now)

    @cached_property
    def own_objects(self) -> "Objects":
        return self.objects_in(self.settings(ValidateSettings).bucket)

    @cached_property
    def answers(self) -> "Answers":
        from jobchute.status.answers import Answers

        return Answers(self.version_rows, self.own_objects)

    def planner(self) -> "Planner":
        """A new one for each dry run."""
        from jobchute.intake.dry_runs import Planner

        return Planner(
            ledger=self.ledger,
            entry=self.entry,
            builder=self.builder,
            capacity=self.capacity,
            rows=self.pool_rows,
            queues=self.queue_rows,
        )


def _budget_entry(parts: IntakeParts) -> "BudgetEntry":
    """For a job of a budget: the deployment has some."""
    from jobchute.lifecycle.budget_entry import BudgetEntry

    budgets = parts.settings(ValidateSettings).budgets
    assert budgets is not None
    return BudgetEntry(parts.ledger, parts.budget_rows, parts.budget_waits, budgets, parts.clock.now)


def _setter(parts: IntakeParts) -> "Setter":
    from jobchute.intake.set import Setter
    from jobchute.lifecycle.change import JobChanger
    from jobchute.lifecycle.label_changes import LabelChanges

    settings = parts.settings(ValidateSettings)
    budget = None if settings.budgets is None else settings.budgets.label
    labels = LabelChanges(
        requests=parts.ledger.requests,
        rules=parts.rules,
        fair_by=settings.fair_by,
        budget=budget,
        guard_rails=settings.guard_rails,
    )
    return Setter(JobChanger(parts.ledger, parts.pool_rows, parts.admission, labels, parts.clock.now))
