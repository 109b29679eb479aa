"""Status documents that no row of the ledger stands for."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from jobchute.aws.objects import Objects
from jobchute.job import Source
from jobchute.ledger.object_order import is_confirmed
from jobchute.ledger.versions import VersionRows


class Answers(NamedTuple):
    versions: VersionRows
    objects: Objects

    def read(self, source: Source) -> Mapping[str, Any] | None:
        """The status document of a source; None where there is none."""
        return self.objects.document(source.status_key)

    def write(self, source: Source, document: Mapping[str, Any]) -> None:
        """Answer a document, unless a newer version of its object has come.

        The answer to an object that S3 has not confirmed ("it is gone") replaces no other one.
        """
        if not is_confirmed(source):
            self.objects.write_first(source.status_key, document)
        elif self.versions.is_newest(source):
            self.objects.write(source.status_key, document)
