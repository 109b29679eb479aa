"""The events that providers send about their jobs."""

from collections.abc import Callable

from jobchute.providers.registry import SPECS
from jobchute.providers.spec import EventSource
from tests.fakes.provider import ProviderJob
from tests.fakes.queues import FakeQueue
from tests.harness.faults.documents import text_of
from tests.harness.faults.schedule import Schedule


class ProviderEvents:
    """delays: after how many seconds an event comes, once for each of them."""

    def __init__(self, schedule: Schedule, queue: FakeQueue) -> None:
        self.schedule = schedule
        self.queue = queue
        self.delays: Callable[[], list[float]] = lambda: [0.5]

    def emit(self, job: ProviderJob) -> None:
        """As the rule for providers' events has it: what it does not ask for never comes."""
        self.schedule.at(self.schedule.next_look())
        events = SPECS[job.api].events
        if events is not None and told_status(job, events) in events.unheard:
            return
        body = event_of(job)
        delays = self.delays() if body is not None else []
        if body is not None and delays:
            self.queue.send(body, delays=delays)


def event_of(job: ProviderJob) -> str | None:
    """The body of the provider's event about a job; None where it sends none."""
    events = SPECS[job.api].events
    if events is None:
        return None
    detail = {events.arn_field: job.provider_id, "status": "as it was when this was sent"}
    return text_of({"detail-type": events.detail_type, "source": events.source, "detail": detail})


def told_status(job: ProviderJob, events: EventSource) -> str:
    """Of its native status, the part that the event's field has."""
    first, _, secondary = job.native.partition("/")
    return secondary if secondary and events.status_field == "SecondaryStatus" else first
