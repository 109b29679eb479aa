"""The bus of notifications: an event for each move of a job, and for the end of each file.

PutEvents takes up to ten entries, of fewer than 256 KB together, and may refuse some of them.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.job import Job
from jobchute.status.console_links import links_of
from jobchute.status.documents import status_of
from jobchute.status.event_detail import detail_text

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsResultEntryTypeDef

EVENT_SOURCE = "jobchute"
DETAIL_TYPE = "Jobchute Job State Change"
BUDGET_DETAIL_TYPE = "Jobchute Budget Used"
FILE_DETAIL_TYPE = "Jobchute File Ended"
DETAIL_VERSION = "1"
MAX_ENTRIES = 10
MAX_REQUEST_BYTES = 256 * 1024 - 1
"""Of the entries' texts together (EventBridge user guide, "Calculating PutEvents event entry size")."""

Entry = Mapping[str, str]


class Refused(NamedTuple):
    """The first entry of a request that was not taken, by its place among them."""

    place: int
    error: Exception


class Bus(NamedTuple):
    """The EventBridge bus of state changes and of ends of files.

    state_machine_arn: for links to the console.
    """

    client: "EventBridgeClient"
    name: str
    state_machine_arn: str = ""

    def event_of(self, job: Job) -> Entry:
        """The event of the job's latest move. Its `id` is the same at every repetition."""
        detail = {"version": DETAIL_VERSION, "id": f"{job.job_id}:{job.moves}", **status_of(job)}
        if self.state_machine_arn:
            detail["links"] = links_of(job, self.state_machine_arn)
        return self._entry(DETAIL_TYPE, detail)

    def publish_file(self, detail: Mapping[str, Any]) -> None:
        """Publish the end of a file. Its `id` is the same at every repetition."""
        self._publish(FILE_DETAIL_TYPE, detail)

    def publish_budget(self, detail: Mapping[str, Any]) -> None:
        """Publish that a share of a budget is used. Its `id` is the same at every repetition."""
        self._publish(BUDGET_DETAIL_TYPE, detail)

    def put(self, entries: Sequence[Entry]) -> Refused | None:
        """Publish entries that fit into one request (fitting). Returns the first that was refused.

        Entries behind a refused one may have been taken. Raises what befalls the whole request.
        """
        answer = self.client.put_events(Entries=list(entries))  # type: ignore[arg-type]
        if answer["FailedEntryCount"]:
            for place, entry in enumerate(answer["Entries"]):
                if "ErrorCode" in entry:
                    return Refused(place, _error_of(entry))
        return None

    def _publish(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        refused = self.put([self._entry(detail_type, {"version": DETAIL_VERSION, **detail})])
        if refused is not None:
            raise refused.error

    def _entry(self, detail_type: str, detail: Mapping[str, Any]) -> Entry:
        return {
            "Source": EVENT_SOURCE,
            "DetailType": detail_type,
            "Detail": detail_text(detail),
            "EventBusName": self.name,
        }


def fitting(entries: Sequence[Entry]) -> int:
    """How many of the first entries fit into one request: one at least."""
    size = 0
    for count, entry in enumerate(entries[:MAX_ENTRIES]):
        size += sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))
        if count and size > MAX_REQUEST_BYTES:
            return count
    return min(len(entries), MAX_ENTRIES)


def _error_of(entry: "PutEventsResultEntryTypeDef") -> ClientError:
    """PutEvents answers 200 where it refuses an entry, with the code in the entry."""
    code = entry.get("ErrorCode", "InternalFailure")
    status = 500 if code.startswith("Internal") else 400
    response = {
        "Error": {"Code": code, "Message": entry.get("ErrorMessage", "")},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "PutEvents")  # type: ignore[arg-type]
