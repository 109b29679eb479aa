"""One delivery of a message, as a meeting of two calls needs it."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.queues import Letter
from tests.harness.faults.documents import text_of
from tests.harness.faults.sent import Sent
from tests.harness.faults.world import World

Act = Callable[[], object]


def delivery_of(world: World, number: int, document: Mapping[str, Any], sent: Sent) -> Act:
    """The delivery of a message that carries a document."""
    letter = Letter(f"meeting-{number}", text_of(document), world.clock.now)
    sent.by_message(letter.message_id)
    world.sent.append(sent)
    return lambda: world.intake.take(letter)
