"""The parts of all functions."""

from functools import cached_property
from typing import TYPE_CHECKING

from jobchute.runtime.intake import IntakeParts
from jobchute.runtime.scheduled import ScheduledParts
from jobchute.settings import AnnounceSettings

if TYPE_CHECKING:
    from jobchute.lifecycle.announce import Announcer


class Parts(IntakeParts, ScheduledParts):
    """A function asks for its own: `intake`, `submitter`, `observer`, `expirer`, `reconciler`, `announcer`."""

    @cached_property
    def announcer(self) -> "Announcer":
        from jobchute.lifecycle.announce import Announcer, Bus
        from jobchute.lifecycle.postponed import Aside
        from jobchute.status.answers import Answers

        settings = self.settings(AnnounceSettings)
        return Announcer(
            answers=Answers(self.version_rows, self.objects_in(settings.bucket)),
            executions=self.executions,
            dependencies=self.dependencies,
            bus=Bus(self.clients.client("events"), settings.bus, settings.state_machine_arn),
            aside=Aside(self.clients.client("sqs"), settings.stream_failures_queue_url, self.clock.now),
        )
