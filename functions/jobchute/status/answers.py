"""Writing a status document, unless a newer version of its object has come."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from jobchute.aws.objects import Objects
from jobchute.job import Source
from jobchute.ledger.object_order import is_confirmed
from jobchute.ledger.versions import VersionRows


class Answers(NamedTuple):
    """The status documents of one bucket. kept: the newest versions that were read; None to keep none."""

    versions: VersionRows
    objects: Objects
    kept: dict[str, Any] | None = None

    def read(self, source: Source) -> Mapping[str, Any] | None:
        """The status document of a source; None where there is none."""
        return self.objects.document(source.status_key)

    def keeping_versions(self) -> "Answers":
        """Reads the newest version of each object once: for documents that are written in one go."""
        return self._replace(kept={})

    def write(self, source: Source, document: Mapping[str, Any]) -> None:
        """Write the answer to a document, unless a newer version of its object has come.

        If S3 has not confirmed the object ("it is gone"), the answer does not replace another one.
        """
        if not is_confirmed(source):
            self.objects.write_first(source.status_key, document)
        elif self.versions.is_newest(source, self.kept):
            self.objects.write(source.status_key, document)
