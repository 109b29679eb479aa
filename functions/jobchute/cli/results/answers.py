"""The answers to records, by their ids, in a temporary file: outputs of 1 GB do not fit in memory."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Self

from jobchute.cli.errors import CannotAskError

CACHE_KILOBYTES = 16_000
TABLE = """
CREATE TABLE answers (
    record TEXT PRIMARY KEY, is_ok INTEGER, may_succeed INTEGER, job TEXT, body TEXT, is_taken INTEGER DEFAULT 0
)
"""
# A success stays; of several errors the latest counts, which is that of the latest retry.
PUT = """
INSERT INTO answers (record, is_ok, may_succeed, job, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (record) DO UPDATE
SET is_ok = excluded.is_ok, may_succeed = excluded.may_succeed, job = excluded.job, body = excluded.body
WHERE NOT answers.is_ok
"""
TAKE = "SELECT is_ok, may_succeed, job, body, is_taken FROM answers WHERE record = ?"


class Answer(NamedTuple):
    """What a job made of a record. body: the output or the error, as JSON. job_id: of the job that answered.

    may_succeed: whether a failed record may succeed if it is sent again.
    """

    is_ok: bool
    may_succeed: bool
    job_id: str
    body: str


class Answers(NamedTuple):
    """The answers to the records of one input. A record is known by the JSON text of its id."""

    database: sqlite3.Connection

    @classmethod
    def at(cls, path: Path) -> Self:
        database = sqlite3.connect(path, isolation_level=None)
        # A file that is deleted at the end need not survive a crash.
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE_KILOBYTES}"):
            database.execute(f"PRAGMA {setting}")
        database.execute(TABLE)
        database.execute("BEGIN")
        return cls(database)

    def put(self, record: str, answer: Answer) -> None:
        """A success stays; an error is replaced by what comes later."""
        self.database.execute(PUT, (record, answer.is_ok, answer.may_succeed, answer.job_id, answer.body))

    def take(self, record: str) -> tuple[Answer | None, bool]:
        """The answer to a record, None if there is none, and whether the record was asked for before."""
        row = self.database.execute(TAKE, (record,)).fetchone()
        if row is None:
            self.database.execute("INSERT INTO answers (record, is_taken) VALUES (?, 1)", (record,))
            return None, False
        is_ok, may_succeed, job_id, body, is_taken = row
        self.database.execute("UPDATE answers SET is_taken = 1 WHERE record = ?", (record,))
        answer = None if body is None else Answer(bool(is_ok), bool(may_succeed), job_id, body)
        return answer, bool(is_taken)

    def untaken(self) -> int:
        """The number of answers to records that the input does not have."""
        (number,) = self.database.execute("SELECT count(*) FROM answers WHERE NOT is_taken").fetchone()
        return int(number)


@contextmanager
def temporary_answers() -> Iterator[Answers]:
    """A file in the folder for temporary files, removed afterwards. Raises CannotAskError, if it is full."""
    with TemporaryDirectory(prefix="jobchute-") as folder:
        answers = Answers.at(Path(folder) / "answers")
        try:
            yield answers
        except sqlite3.Error as error:
            raise CannotAskError(f"{folder}: {error}; TMPDIR names another folder") from error
        finally:
            answers.database.close()
