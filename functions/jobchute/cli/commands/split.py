"""jobchute split"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, BareApi, OwnerName
from jobchute.cli.output import counted, print_json, say

if TYPE_CHECKING:
    from jobchute.cli.document_checks import Checked
    from jobchute.cli.results.splitting import Limits, Part
    from jobchute.cli.results.stored import Bucket

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="A file with one request whose input is too large.", show_default=False
    ),
]
Input = Annotated[
    Path | None,
    typer.Option(
        "--input",
        metavar="FILE",
        help="The input on this machine. Default: the input that the request names, in S3.",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="Where the requests go. Default: FILE.parts.jsonl.", show_default=False
    ),
]
MaxRecords = Annotated[
    int | None, typer.Option(help="Records of a part. Default: the usual quota.", min=1, show_default=False)
]
MinRecords = Annotated[
    int | None,
    typer.Option(help="Fewest records of a part. Default: the usual quota.", min=1, show_default=False),
]
MaxBytes = Annotated[
    int | None,
    typer.Option(help="Bytes of a part's file. Default: the usual quota.", min=1, show_default=False),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file with the requests.")]


def split(
    file: File,
    api: BareApi = None,
    input_file: Input = None,
    out: Out = None,
    max_records: MaxRecords = None,
    min_records: MinRecords = None,
    max_bytes: MaxBytes = None,
    overwrite: Overwrite = False,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Cut the records of a request into several jobs, and write their requests to a file.

    The inputs of the parts are written beside the input. `jobchute results --join` joins their outputs as one.
    """
    from jobchute.cli.results.joined_files import refuse_existing
    from jobchute.cli.results.splitting import Limits
    from jobchute.providers.records import records_of

    out = out or Path(f"{'stdin' if str(file) == '-' else file.with_suffix('')}.parts.jsonl")
    refuse_existing(out, overwrite=overwrite)
    document = _the_document(file, api, owner)
    usual = records_of(document.api)
    if usual is None:
        raise AnswerIsNoError(f"{document.title} is a request of {document.api}, which has no records to split")
    limits = Limits(
        min_count=usual.min_count if min_records is None else min_records,
        max_count=max_records or usual.max_count,
        max_bytes=max_bytes or usual.max_bytes,
    )
    parts = _parts(document, input_file, limits)
    _write(out, [part.document for part in parts], overwrite)
    _show(parts, out, as_json)


def _the_document(path: Path, api: Any, owner: str | None) -> "Checked":
    """The one request of a file. Raises AnswerIsNoError if it is not valid, or if there are several."""
    from jobchute.cli.document_checks import check
    from jobchute.cli.owner import owner_of
    from jobchute.cli.problem_lines import mistake_lines
    from jobchute.cli.request_files import read_files
    from jobchute.requests.document import Submission

    documents = [each for file in read_files([path], api, owner_of(owner)) for each in check(file)]
    invalid = [each for each in documents if each.mistakes]
    for line in mistake_lines(invalid):
        say(*line, err=True)
    if invalid:
        raise AnswerIsNoError("nothing was split")
    if len(documents) != 1 or not isinstance(documents[0].asked, Submission):
        raise AnswerIsNoError(
            f"{path} must hold one request of one job, not {counted(len(documents), 'document')}"
        )
    return documents[0]


def _parts(document: "Checked", input_file: Path | None, limits: "Limits") -> "list[Part]":
    from tempfile import TemporaryDirectory

    from jobchute.cli.results.splitting import counts_of, spool, upload_parts
    from jobchute.cli.results.stored import Bucket
    from jobchute.cli.sending import message_of
    from jobchute.providers.members import values_at
    from jobchute.providers.records import format_of, records_of
    from jobchute.runtime import client, current

    bucket = Bucket(client("s3"), current().clock.sleep)
    envelope, records = message_of(document), records_of(document.api)
    assert document.api is not None
    assert records is not None
    (_, uri), *_ = values_at(envelope["request"], records.input)
    form = format_of(document.api)
    with TemporaryDirectory(prefix="jobchute-") as folder:
        lines = _lines(bucket, str(uri), form.input_suffix, input_file)
        spooled = spool(lines, form, Path(folder) / "input")
        counts = counts_of(spooled.sizes, limits)
        if spooled.made_ids:
            say(f"{counted(spooled.made_ids, 'record')} had no {form.record_id}; each has one now", err=True)
        return list(upload_parts(bucket, spooled, envelope, str(uri), counts))


def _lines(bucket: "Bucket", uri: str, suffix: str, input_file: Path | None) -> Iterable[bytes]:
    from jobchute.cli.results.lines import lines_in
    from jobchute.cli.results.stored import CHUNK_BYTES

    if input_file is not None:
        with input_file.open("rb") as file:
            yield from lines_in(iter(lambda: file.read(CHUNK_BYTES), b""))
        return
    found = [each for each in bucket.below(uri) if each.key.endswith(suffix)]
    if not found:
        raise AnswerIsNoError(f"there is no {suffix} file at {uri}; name a file on this machine with --input")
    for stored in found:
        yield from lines_in(bucket.chunks(stored))


def _write(path: Path, documents: list[dict[str, Any]], overwrite: bool) -> None:
    from jobchute.job import canonical

    text = "".join(f"{canonical(document)}\n" for document in documents)
    with path.open("w" if overwrite else "x") as file:
        file.write(text)


def _show(parts: "list[Part]", out: Path, as_json: bool) -> None:
    if as_json:
        for part in parts:
            line = {"part": part.number, "records": part.records, "bytes": part.size, "object": part.uri}
            print_json({**line, "file": str(out)})
        return
    from jobchute.cli.columns import Column, cut_middle
    from jobchute.cli.results.stored import size_text
    from jobchute.cli.tables import print_lines

    columns = (Column("PART", 4), Column("RECORDS", 7), Column("SIZE", 8), Column("INPUT", 20, cut=cut_middle))
    print_lines(
        columns, [(str(each.number), str(each.records), size_text(each.size), each.uri) for each in parts]
    )
    say(f"{counted(len(parts), 'request')} in {out}; send them with: jobchute submit {out}", err=True)
