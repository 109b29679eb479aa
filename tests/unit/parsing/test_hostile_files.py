"""Every hostile file is refused, with its own code, in no time."""

import gzip
import io
import json
import time
import zipfile
from dataclasses import dataclass

import pytest

from jobchute.parsing.documents import MAX_FILE_BYTES, read_documents
from jobchute.parsing.text import MAX_ARRAY_BYTES, MAX_DOCUMENT_BYTES, MAX_DOCUMENTS, MAX_STREAM_BYTES

YARD = json.dumps([*range(400_000)])
"""What takes some 35 ms to read where nothing else runs; it is read beside each file."""
LONGEST = 1.5


@dataclass(frozen=True)
class HostileFile:
    """codes: all of those that the file's documents are refused with, in order and without repetitions."""

    what: str
    name: str
    data: bytes
    codes: str
    place: str = ""


def hostile_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.json", "{}")
    return packed.getvalue()


def keys_twice(count: int) -> bytes:
    return b"{%s}" % b",".join(b'"k%d":1' % (n % count) for n in range(2 * count))


def laughs(levels: int) -> bytes:
    lines = ['a0: &a0 ["lol"]']
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines).encode()


J, Y, L, M = "f.json", "f.yaml", "f.jsonl", "message"
EMPTY, JSON, YAML = "EMPTY_FILE", "INVALID_JSON", "INVALID_YAML"
FINITE, LARGE, QUOTE = "NOT_A_FINITE_NUMBER", "NUMBER_TOO_LARGE", "YAML_AMBIGUOUS_SCALAR"

HOSTILE_FILES = [
    # Size
    HostileFile("larger than any file", L, b"x" * (MAX_FILE_BYTES + 1), "FILE_TOO_LARGE"),
    HostileFile("YAML stream too large", Y, b"a: 1\n---\n" * (MAX_STREAM_BYTES // 8), "FILE_TOO_LARGE"),
    HostileFile("JSON array too large", J, b"[" + b'{"a":1},' * (MAX_ARRAY_BYTES // 7), "FILE_TOO_LARGE"),
    HostileFile(
        "JSON document too large", J, b'{"a":"%s"}' % (b"x" * MAX_DOCUMENT_BYTES), "DOCUMENT_TOO_LARGE"
    ),
    HostileFile("YAML document too large", Y, b"a: %s" % (b"x" * MAX_DOCUMENT_BYTES), "DOCUMENT_TOO_LARGE"),
    HostileFile("64 MiB on one line", L, b"x" * MAX_FILE_BYTES, "DOCUMENT_TOO_LARGE"),
    HostileFile("too many lines", L, b"{}\n" * (MAX_DOCUMENTS + 1), "TOO_MANY_DOCUMENTS"),
    HostileFile("64 MiB of lines", L, b"{}\n" * (MAX_FILE_BYTES // 3), "TOO_MANY_DOCUMENTS"),
    HostileFile("too many array items", J, b"[" + b"{}," * MAX_DOCUMENTS + b"{}]", "TOO_MANY_DOCUMENTS"),
    HostileFile("too many YAML documents", Y, b"--- {}\n" * (MAX_DOCUMENTS + 1), "TOO_MANY_DOCUMENTS"),
    HostileFile("JSON values without end", J, b'{"a":[%s0]}' % (b"0," * 120_000), "TOO_MANY_VALUES"),
    HostileFile("JSON keys without end", J, b'{"a":[%s0]}' % (b'{"b":0},' * 30_000), "TOO_MANY_VALUES"),
    HostileFile("YAML values without end", Y, b"a: [%s0]" % (b"0," * 120_000), "TOO_MANY_VALUES"),
    HostileFile("YAML keys without end", Y, b"a: [%s0]" % (b"{b: 0}," * 30_000), "TOO_MANY_VALUES"),
    HostileFile("nothing", J, b"", EMPTY),
    HostileFile("white space", L, b" \r\n\t" * 1000, EMPTY),
    HostileFile("64 MiB of spaces", J, b" " * MAX_FILE_BYTES, EMPTY),
    HostileFile("64 MiB of line breaks", L, b"\n" * MAX_FILE_BYTES, EMPTY),
    HostileFile("only a byte order mark", Y, b"\xef\xbb\xbf", EMPTY),
    HostileFile("an empty array", J, b"[ ]", EMPTY),
    HostileFile("comments alone", Y, b"# a\n  # b\n", EMPTY),
    HostileFile("comments without end", Y, b"#\n" * (MAX_STREAM_BYTES // 2), "DOCUMENT_TOO_LARGE"),
    HostileFile("dashes without end", Y, b"-" * MAX_STREAM_BYTES, "DOCUMENT_TOO_LARGE"),
    HostileFile("markers that are none", Y, b"--- " * (MAX_STREAM_BYTES // 4), "DOCUMENT_TOO_LARGE"),
    HostileFile(
        "an empty YAML document",
        Y,
        b"--- # nothing\n...\n",
        "EMPTY_FILE",
        "contains no document, only white space and comments (line 1, column 1)",
    ),
    # Not text in UTF-8
    HostileFile("gzip", J, gzip.compress(b"{}"), "GZIP_FILE"),
    HostileFile("zip", J, hostile_zip(), "ZIP_FILE"),
    HostileFile("zstd", J, b"\x28\xb5\x2f\xfd\x04\x00", "ZSTD_FILE"),
    HostileFile("bzip2", Y, b"BZh91AY&SY\x00", "BZIP2_FILE"),
    HostileFile("xz", L, b"\xfd7zXZ\x00\x00", "XZ_FILE"),
    HostileFile("lz4", L, b"\x04\x22\x4d\x18d", "LZ4_FILE"),
    HostileFile("parquet", L, b"PAR1\x15\x04\x15", "PARQUET_FILE"),
    HostileFile("avro", L, b"Obj\x01\x04", "AVRO_FILE"),
    HostileFile("arrow", L, b"ARROW1\x00\x00\xff", "ARROW_FILE"),
    HostileFile("orc", L, b"ORC\x08\x03", "ORC_FILE"),
    HostileFile("hdf5", J, b"\x89HDF\r\n\x1a\n", "HDF5_FILE"),
    HostileFile("sqlite", J, b"SQLite format 3\x00\x10", "SQLITE_FILE"),
    HostileFile("pickle", M, b"\x80\x04\x95\x00", "PICKLE_FILE"),
    HostileFile("pdf", Y, b"%PDF-1.7\n", "PDF_FILE"),
    HostileFile("elf", Y, b"\x7fELF\x02", "ELF_FILE"),
    HostileFile("tar", J, b"a.json".ljust(257, b"\x00") + b"ustar\x00", "TAR_FILE"),
    HostileFile("UTF-16 with mark", J, '{"a":1}'.encode("utf-16"), "UTF_16_FILE"),
    HostileFile("UTF-16 big-endian with mark", J, b"\xfe\xff\x00{\x00}", "UTF_16_FILE"),
    HostileFile("UTF-16 little-endian", Y, "a: 1".encode("utf-16-le"), "UTF_16_FILE"),
    HostileFile("UTF-16 big-endian", L, "{}".encode("utf-16-be"), "UTF_16_FILE"),
    HostileFile("UTF-32 with mark", J, '{"a":1}'.encode("utf-32"), "UTF_32_FILE"),
    HostileFile("UTF-32 little-endian", Y, "a: 1".encode("utf-32-le"), "UTF_32_FILE"),
    HostileFile("UTF-32 big-endian", Y, "a: 1".encode("utf-32-be"), "UTF_32_FILE"),
    HostileFile("Latin-1", J, '{"é": 1}'.encode("latin-1"), "NOT_UTF8", "line 1, column 3"),
    HostileFile("overlong form", J, b'{"a":\n"\xc0\xaf"}', "NOT_UTF8", "line 2, column 2"),
    HostileFile("encoded surrogate", Y, b"a: \xed\xa0\x80", "NOT_UTF8", "line 1, column 4"),
    HostileFile("cut in the middle of a character", Y, "a: é".encode()[:-1], "NOT_UTF8", "line 1, column 4"),
    # Characters
    HostileFile("NUL as it is, in JSON", J, b'{"a":"\x00"}', "NUL_CHARACTER", "line 1, column 7"),
    HostileFile("NUL as it is, in YAML", Y, b'b: 1\na: "\x00"', "NUL_CHARACTER", "line 2, column 5"),
    HostileFile("NUL as a JSON escape", J, b'{"a":\n"\\u0000"}', "NUL_CHARACTER", "line 2, column 1"),
    HostileFile("NUL as a YAML escape", Y, b'a: "\\0"', "NUL_CHARACTER", "line 1, column 4"),
    HostileFile("NUL in a JSON key", J, b'{"\\u0000":1}', "NUL_CHARACTER"),
    HostileFile("NUL in a YAML key", Y, b'"\\x00": 1', "NUL_CHARACTER"),
    HostileFile("control character in JSON", J, b'{"a":"\x1b[2J"}', "CONTROL_CHARACTER"),
    HostileFile("control character escaped", J, b'{"a":"\\u001b"}', "CONTROL_CHARACTER"),
    HostileFile("backspace", J, b'{"a":"\\b"}', "CONTROL_CHARACTER"),
    HostileFile("form feed", J, b'{"a":["\\f"]}', "CONTROL_CHARACTER"),
    HostileFile("control character in YAML", Y, b"a: \x1b[2J", "CONTROL_CHARACTER"),
    HostileFile("bell as a YAML escape", Y, b'a: "\\a"', "CONTROL_CHARACTER"),
    HostileFile("U+FFFE in JSON", J, '{"a":"\ufffe"}'.encode(), "CONTROL_CHARACTER"),
    HostileFile("U+FFFF in JSON", J, '{"a":"\uffff"}'.encode(), "CONTROL_CHARACTER"),
    HostileFile("U+FFFF escaped", J, b'{"a":"\\uFFFF"}', "CONTROL_CHARACTER"),
    HostileFile("YAML 1.1 line break", Y, "a: 1\u2028b: 2".encode(), "CONTROL_CHARACTER", "line 1, column 5"),
    HostileFile("next line, a break or none", Y, "a: 1\x85b: 2".encode(), "CONTROL_CHARACTER"),
    HostileFile("first half of a pair", J, b'{"a":"\\ud83d"}', "LONE_SURROGATE", "line 1, column 6"),
    HostileFile("second half of a pair", J, b'{"a":"\\uDE00 \\uD83D"}', "LONE_SURROGATE"),
    HostileFile("half a pair in a key", J, b'{"\\ud800":1}', "LONE_SURROGATE"),
    # JSON syntax
    HostileFile("cut off", J, b'{"a": [1, 2', JSON, "line 1, column 12"),
    HostileFile("string without an end", J, b'{"a": "' + b'\\"' * 100_000, JSON),
    HostileFile("comment", J, b'{"a": 1} // b', "TRAILING_DATA"),
    HostileFile("comment inside", J, b'{\n  // b\n"a": 1}', JSON, "line 2, column 3"),
    HostileFile("comma before the bracket", J, b'{"a": [1,]}', JSON),
    HostileFile("single quotes", J, b"{'a': 1}", JSON, "line 1, column 2"),
    HostileFile("line break in a string", J, b'{"a": "x\ny"}', JSON),
    HostileFile("leading zero", J, b'{"a": 012}', JSON),
    HostileFile("digits of another script", J, '{"a": ١}'.encode(), JSON),
    HostileFile("no-break space", J, '{"a":\u00a01}'.encode(), JSON),
    HostileFile("two objects on one line", L, b'{"a":1}{"a":2}', "TRAILING_DATA", "line 1, column 8"),
    HostileFile("text after the object", J, b'{"a":1}\nrm -rf', "TRAILING_DATA", "line 2, column 1"),
    HostileFile("text after the array", J, b'[{"a":1}]]', "TRAILING_DATA"),
    HostileFile("array cut off", J, b'[{"a":1},{"a":2}', JSON),
    HostileFile("array item broken", J, b'[{"a":1},\n{"a":}]', JSON, "line 2, column 6"),
    HostileFile("closing brackets alone", J, b"{" + b"]" * 100_000, JSON),
    HostileFile("HTML", M, b"<html>\n<body></html>", "NOT_AN_OBJECT"),
    # Meaning
    HostileFile("100,000 lists", J, b"[" * 100_000, "TOO_DEEP", "line 1, column 66"),
    HostileFile("100,000 lists in an object", J, b'{"a":' + b"[" * 100_000, "TOO_DEEP", "line 1, column 69"),
    HostileFile("objects without end", J, b'{"a":' * 50_000, "TOO_DEEP"),
    HostileFile("65 levels", J, b'{"a":' * 65 + b"1" + b"}" * 65, "TOO_DEEP"),
    HostileFile("65 levels of YAML", Y, b"{a: " * 65 + b"1" + b"}" * 65, "TOO_DEEP", "line 1, column 257"),
    HostileFile("YAML flow without end", Y, b"a: " + b"[" * 100_000, "TOO_DEEP"),
    HostileFile("YAML dashes without end", Y, b"a:\n" + b"- " * 100_000, "TOO_DEEP"),
    HostileFile("YAML question marks without end", Y, b"? " * 100_000, "YAML_COMPLEX_KEY"),
    HostileFile("key twice", J, b'{"a":1,"b":{"c":1,\n"c":2}}', "DUPLICATE_KEY", "line 2, column 1"),
    HostileFile("key twice, once escaped", J, b'{"a":1,"\\u0061":2}', "DUPLICATE_KEY"),
    HostileFile("1,200 keys twice", J, keys_twice(1200), "DUPLICATE_KEY"),
    HostileFile("YAML key twice", Y, b"a: 1\n'a': 2", "DUPLICATE_KEY", "line 2, column 1"),
    HostileFile("NaN", J, b'{"a": NaN}', FINITE, "line 1, column 7"),
    HostileFile("minus infinity", J, b'{"a": [-Infinity]}', FINITE),
    HostileFile("1e999", J, b'{"a": 1e999}', FINITE),
    HostileFile("YAML .nan", Y, b"a: .NaN", FINITE),
    HostileFile("YAML .inf", Y, b"a: -.inf", FINITE),
    HostileFile("YAML 1.0e+999", Y, b"a: 1.0e+999", FINITE),
    HostileFile("1e-999", J, b'{"a": 1e-999}', "NUMBER_TOO_SMALL"),
    HostileFile("2^63", J, b'{"a": 9223372036854775808}', LARGE),
    HostileFile("200,000 digits", J, b'{"a": %s}' % (b"9" * 200_000), LARGE),
    HostileFile("200,000 digits and a dot", J, b'{"a": %s.5}' % (b"9" * 200_000), LARGE),
    HostileFile("YAML -2^63-1", Y, b"a: -9223372036854775809", LARGE),
    HostileFile("YAML 200,000 digits", Y, b"a: " + b"9" * 200_000, LARGE),
    HostileFile("a string", J, b'"a"', "NOT_AN_OBJECT"),
    HostileFile("null", L, b"null", "NOT_AN_OBJECT"),
    HostileFile("array of numbers", J, b"[{},\n1]", "NOT_AN_OBJECT", "line 2, column 1"),
    HostileFile("YAML list", Y, b"- a: 1", "NOT_AN_OBJECT"),
    HostileFile("YAML null", Y, b"--- ~", "NOT_AN_OBJECT"),
    # YAML
    HostileFile("billion laughs", Y, laughs(3), "YAML_ANCHOR YAML_ALIAS"),
    HostileFile("alias that nothing has", Y, b"a: *b", "YAML_ALIAS", "line 1, column 4"),
    HostileFile("alias to itself", Y, b"a: &a [*a]", "YAML_ANCHOR YAML_ALIAS"),
    HostileFile("alias as a key", Y, b"*a : 1", "YAML_ALIAS"),
    HostileFile("anchor", Y, b"a: &b 1", "YAML_ANCHOR"),
    HostileFile("anchor on a key", Y, b"&b a: 1", "YAML_ANCHOR"),
    HostileFile(
        "Python object", Y, b"a: !!python/object/apply:os.system ['id']", "YAML_TAG", "line 1, column 4"
    ),
    HostileFile("binary", Y, b"a: !!binary aGk=", "YAML_TAG"),
    HostileFile("tag of no effect", Y, b"a: ! b", "YAML_TAG"),
    HostileFile("tag of the document", Y, b"--- !!map {a: 1}", "YAML_TAG"),
    HostileFile("merge key", Y, b"a: 1\n<<: {b: 1}", "YAML_MERGE_KEY", "line 2, column 1"),
    HostileFile("directive", Y, b"%YAML 1.2\n---\na: 1", "YAML_DIRECTIVE", "line 1, column 1"),
    HostileFile(
        "tag directive", Y, b"# c\n%TAG ! tag:x,2026:\n---\na: 1", "YAML_DIRECTIVE", "line 2, column 1"
    ),
    HostileFile("key off, twice", Y, b"off: 1\n'off': 2", "DUPLICATE_KEY", "line 2, column 1"),
    HostileFile("base 60", Y, b"a: 1:30", QUOTE),
    HostileFile("base 60 with a fraction", Y, b"a: 190:20:30.15", QUOTE),
    HostileFile("octal", Y, b"a: 012", QUOTE),
    HostileFile("octal of YAML 1.2", Y, b"a: 0o14", QUOTE),
    HostileFile("account id with a zero", Y, b"a: 012345678901", QUOTE),
    HostileFile("hexadecimal", Y, b"a: 0x1F", QUOTE),
    HostileFile("binary number", Y, b"a: 0b101", QUOTE),
    HostileFile("underscores", Y, b"a: 1_000", QUOTE),
    HostileFile("underscores and a dot", Y, b"a: 1_0.5", QUOTE),
    HostileFile("exponent without a dot", Y, b"a: 1e-5", QUOTE),
    HostileFile("sign before the dot", Y, b"a: -.5", QUOTE),
    HostileFile("date", Y, b"a: 2026-11-21", QUOTE),
    HostileFile("time", Y, b"a: 2026-11-21T10:00:00Z", QUOTE),
    HostileFile("equals sign", Y, b"a: =", QUOTE),
    HostileFile("number as a key", Y, b"1: a", "KEY_NOT_A_STRING"),
    HostileFile("null as a key", Y, b"~: a", "KEY_NOT_A_STRING"),
    HostileFile("true as a key", Y, b"a: {true: 1}", "KEY_NOT_A_STRING"),
    HostileFile("list as a key", Y, b"? [a]\n: 1", "YAML_COMPLEX_KEY", "line 1, column 3"),
    HostileFile("object as a key", Y, b"{{a: 1}: 2}", "YAML_COMPLEX_KEY"),
    HostileFile("tab", Y, b"a:\n\tb: 1", YAML, "line 2, column 1"),
    HostileFile("bracket that stays open", Y, b"a: [1, 2", YAML),
    HostileFile("unknown escape", Y, b'a: "\\q"', YAML),
    HostileFile("half a surrogate pair in YAML", Y, b'a: "\\ud800"', YAML),
    HostileFile("quoted string without an end", Y, b'a: "' + b"\\\\" * 100_000, YAML),
    HostileFile("end of no document", Y, b"# a\n...\na: 1", YAML, "line 2, column 1"),
    HostileFile("NUL in a comment at the end", Y, b"a: 1\n...\n# \x00", "NUL_CHARACTER", "line 3, column 3"),
    HostileFile("two roots", Y, b"{a: 1} {b: 2}", YAML),
]


@pytest.mark.parametrize("hostile", HOSTILE_FILES, ids=lambda hostile: hostile.what)
def test_hostile_file_is_refused_with_its_own_code_in_no_time(hostile: HostileFile) -> None:
    seconds, yards = [], []
    for _ in range(7):
        start = time.thread_time()
        documents = list(read_documents(hostile.data, name=hostile.name))
        middle = time.thread_time()
        json.loads(YARD)
        seconds.append(middle - start)
        yards.append(time.thread_time() - middle)
        if min(seconds) < LONGEST * min(yards):
            break
    problems = [problem for document in documents for problem in document.problems]
    assert " ".join(dict.fromkeys(problem.code for problem in problems)) == hostile.codes
    assert [document.value for document in documents] == [None]
    assert hostile.place in problems[0].message
    assert min(seconds) < LONGEST * min(yards)
    assert all(len(problem.message) < 300 and problem.message.isprintable() for problem in problems)


def test_there_are_many_of_them() -> None:
    assert len({(hostile.name, hostile.data) for hostile in HOSTILE_FILES}) == len(HOSTILE_FILES) >= 60
