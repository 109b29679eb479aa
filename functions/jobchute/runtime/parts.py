"""What the handlers ask for, composed of the parts that they share."""

from functools import cached_property
from typing import TYPE_CHECKING

from jobchute.runtime.scheduled import ScheduledParts
from jobchute.settings import AnnounceSettings, ReconcileSettings, ValidateSettings

if TYPE_CHECKING:
    from jobchute.intake.cancel import Canceller
    from jobchute.intake.invocation import Continuations
    from jobchute.intake.process import DocumentProcessor
    from jobchute.intake.receive import Intake
    from jobchute.ledger.files import FileRows
    from jobchute.lifecycle.accept import Lifecycle
    from jobchute.lifecycle.announce import Announcer
    from jobchute.lifecycle.reconcile import Reconciler
    from jobchute.lifecycle.submit import Submitter


class Parts(ScheduledParts):
    """The parts of all functions. A function asks for its own: `intake`, `submitter`, `observer`, ..."""

    @cached_property
    def intake(self) -> "Intake":
        from jobchute.intake.files import FileReader
        from jobchute.intake.receive import Intake
        from jobchute.requests.owners import Owners

        settings = self.settings(ValidateSettings)
        return Intake(
            taker=self.processor,
            files=FileReader(taker=self.processor, rows=self.file_rows, now=self.clock.now),
            objects=self.objects_in(settings.bucket),
            versions=self.version_rows,
            continuations=self.continuations,
            buckets=settings.buckets,
            owners=Owners(settings.owners),
        )

    @cached_property
    def processor(self) -> "DocumentProcessor":
        from jobchute.intake.process import DocumentProcessor
        from jobchute.status.answers import Answers

        settings = self.settings(ValidateSettings)
        return DocumentProcessor(
            lifecycle=self.lifecycle,
            canceller=self.canceller,
            answers=Answers(self.version_rows, self.objects_in(settings.bucket)),
            guard_rails=settings.guard_rails,
            place=settings.place,
        )

    @cached_property
    def lifecycle(self) -> "Lifecycle":
        from jobchute.lifecycle.accept import Lifecycle
        from jobchute.lifecycle.looks import Looks

        settings = self.settings(ValidateSettings)
        looks = Looks(self.clients.client("sqs"), settings.queue_url)
        return Lifecycle(self.observer, settings.fair_by, looks)

    @cached_property
    def canceller(self) -> "Canceller":
        from jobchute.intake.cancel import Canceller

        return Canceller(
            lifecycle=self.lifecycle,
            rows=self.file_rows,
            continuations=self.continuations,
            own_bucket=self.settings(ValidateSettings).bucket,
            now=self.clock.now,
        )

    @cached_property
    def continuations(self) -> "Continuations":
        from jobchute.intake.invocation import Continuations

        return Continuations(
            rows=self.continuation_rows,
            client=self.clients.client("sqs"),
            queue_url=self.settings(ValidateSettings).queue_url,
            now=self.clock.now,
        )

    @cached_property
    def file_rows(self) -> "FileRows":
        from jobchute.ledger.files import FileRows

        return FileRows(self.clients.client("dynamodb"), self.settings(ValidateSettings).table)

    @cached_property
    def submitter(self) -> "Submitter":
        from jobchute.lifecycle.submit import Submitter

        return Submitter(self.observer, sleep=self.clock.sleep)

    @cached_property
    def reconciler(self) -> "Reconciler":
        from jobchute.lifecycle.reconcile import Reconciler

        self.settings(ReconcileSettings)
        return Reconciler(self.observer, self.submitter)

    @cached_property
    def announcer(self) -> "Announcer":
        from jobchute.lifecycle.announce import Announcer, Bus
        from jobchute.lifecycle.dependencies import Dependencies
        from jobchute.lifecycle.postponed import Aside

        settings = self.settings(AnnounceSettings)
        return Announcer(
            versions=self.version_rows,
            objects=self.objects_in(settings.bucket),
            executions=self.executions,
            dependencies=Dependencies(self.observer),
            bus=Bus(self.clients.client("events"), settings.bus, settings.state_machine_arn),
            aside=Aside(self.clients.client("sqs"), settings.stream_failures_queue_url, self.clock.now),
        )
