"""What delivers to the functions of a world, and what becomes of a delivery that fails."""

from collections.abc import Mapping
from typing import Any

from jobchute.dead_letters.messages import DeadLetterKind
from tests.fakes.clock import Clock
from tests.fakes.queues import Letter
from tests.harness.faults.documents import given_up
from tests.harness.faults.functions import Functions, sqs_record
from tests.harness.faults.schedule import Schedule


class Deliveries:
    """functions: given once they are made over the fakes that deliver to them."""

    functions: Functions

    def __init__(
        self, clock: Clock, schedule: Schedule, dead: Mapping[DeadLetterKind, dict[str, Letter]]
    ) -> None:
        self.clock = clock
        self.schedule = schedule
        self.dead = dead

    def to_function(self, name: str, letters: list[Letter]) -> set[str]:
        records = [sqs_record(letter) for letter in letters]
        try:
            answer = self.functions.invoke(name, {"Records": records})
        except Exception:  # noqa: BLE001 - Lambda gives the whole batch back
            failed = {letter.message_id for letter in letters}
        else:
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        if failed:
            self.schedule.at(self.clock.now)
        return failed

    def of_stream(self, records: list[dict[str, Any]]) -> str | None:
        answer = self.functions.invoke("announce", {"Records": records})
        failed = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
        if self.dead[DeadLetterKind.STREAM]:
            self.schedule.at(self.clock.now)
        return failed[0] if failed else None

    def give_up(self, record: dict[str, Any]) -> None:
        """What Lambda sends when a record of the stream has failed too often."""
        letter = Letter(f"record-{record['SequenceNumber']}", given_up(record), self.clock.now)
        self.dead[DeadLetterKind.STREAM][letter.message_id] = letter
        self.schedule.at(self.clock.now)
