"""Files that are not UTF-8 text: what they look like instead, by their first bytes."""

import re

from jobchute.parsing.text import Fault, TextPosition

_FORMS = {
    # Packed.
    "GZIP": rb"\x1f\x8b",
    "ZIP": rb"PK(?:\x03\x04|\x05\x06)",
    "ZSTD": rb"\x28\xb5\x2f\xfd",
    "BZIP2": rb"BZh[1-9](?:1AY&SY|\x17\x72\x45)",
    "XZ": rb"\xfd7zXZ\x00",
    "LZ4": rb"\x04\x22\x4d\x18",
    # Binary.
    "PARQUET": rb"PAR1[\x00-\x19]",
    "AVRO": rb"Obj\x01",
    "ARROW": rb"ARROW1\x00\x00",
    "ORC": rb"ORC[\x00-\x08\x80-\xff]",
    "HDF5": rb"\x89HDF\r\n",
    "SQLITE": rb"SQLite format 3\x00",
    "PICKLE": rb"\x80[\x02-\x05]",
    "PDF": rb"%PDF-",
    "ELF": rb"\x7fELF",
    "TAR": rb".{257}ustar",
    # Text in another encoding: a byte order mark, or NULs where the first characters have them (RFC 4627, 3).
    "UTF_32": rb"\xff\xfe\x00\x00|\x00\x00\xfe\xff|\x00\x00\x00[^\x00]|[^\x00]\x00\x00\x00",
    "UTF_16": rb"\xff\xfe|\xfe\xff|\x00[^\x00]\x00[^\x00]|[^\x00]\x00[^\x00]\x00",
}
_KIND = re.compile(b"|".join(b"(?P<%s>%s)" % (kind.encode(), form) for kind, form in _FORMS.items()), re.DOTALL)


def foreign_kind_fault(data: bytes) -> Fault | None:
    """The kind of a file that is not UTF-8 text: compressed, binary, or in another encoding."""
    found = _KIND.match(data)
    if found is None:
        return None
    kind = str(found.lastgroup).replace("_", "-")
    rule = f"this looks like {kind}; a request file is JSON, JSON Lines or YAML, as plain text in UTF-8"
    return TextPosition().fault(f"{found.lastgroup}_FILE", rule)
