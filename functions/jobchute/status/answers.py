"""Writing a status document, unless a newer version of its object has come."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from jobchute.aws.objects import Objects
from jobchute.job import Source
from jobchute.ledger.object_order import is_confirmed
from jobchute.ledger.versions import VersionRows


class Answers(NamedTuple):
    """The status documents of one bucket."""

    versions: VersionRows
    objects: Objects

    def read(self, source: Source) -> Mapping[str, Any] | None:
        """The status document of a source; None where there is none."""
        return self.objects.document(source.status_key)

    def write(self, source: Source, document: Mapping[str, Any]) -> None:
        """Write the answer to a document, unless a newer version of its object has come.

        If S3 has not confirmed the object ("it is gone"), the answer does not replace another one.
        """
        if not is_confirmed(source):
            self.objects.write_first(source.status_key, document)
        elif self.versions.is_newest(source):
            self.objects.write(source.status_key, document)
