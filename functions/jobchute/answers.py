"""Status documents that no row of the ledger stands for."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from jobchute.job import Source
from jobchute.ledger import Ledger
from jobchute.objects import Objects


class Answers(NamedTuple):
    ledger: Ledger
    objects: Objects

    def write(self, source: Source, document: Mapping[str, Any]) -> None:
        """Answer a document, unless a newer version of its object has come."""
        if self.ledger.is_newest(source.uri, source.sequencer):
            self.objects.write(source.status_key, document)
