"""How an API's jobs write their records: which files they are in, and what a line says.

Only the tool reads records. The format of an API is in its folder, in the module that its spec names.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jobchute.job import Api
from jobchute.providers.registry import SPECS, module_of
from jobchute.providers.spec import Records


class Format(NamedTuple):
    """The files of an input and of an output, and the members of their lines.

    input_suffix, output_suffix: how the names of the files end. manifest: the name of the file with the counts;
    succeeded: its member with the number of records that succeeded.
    record_id: the member that tells which record a line is about, in the input and in the output.
    given: the member with the record itself. output, error: the members of an output line; a line has one of
    them.
    may_succeed: whether a record that failed with this error may succeed if it is sent again.
    """

    input_suffix: str
    output_suffix: str
    manifest: str
    succeeded: str
    record_id: str
    given: str
    output: str
    error: str
    may_succeed: Callable[[Mapping[str, Any]], bool]


def records_of(api: Api | None) -> Records | None:
    """The limits of an API's records; None if its jobs have none."""
    return None if api is None else SPECS[api].records


def format_of(api: Api) -> Format:
    """The format of an API whose jobs have records, imported now."""
    records = SPECS[api].records
    if records is None:
        raise ValueError(f"{api} has no records")
    found: Format = module_of(api, records.format).FORMAT
    return found
