"""jobchute dlq: dead letters."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, Stack
from jobchute.cli.output import counted, print_json, say

if TYPE_CHECKING:
    from jobchute.aws.queues import Message, Queue
    from jobchute.cli.redrive import Redriven
    from jobchute.dead_letters.messages import DeadLetterKind
    from jobchute.ledger.dead_letters import DeadLetter

app = typer.Typer(help="Messages that could not be processed.", no_args_is_help=True)

MessageId = Annotated[
    str, typer.Argument(metavar="ID", help="The id of a dead letter or its beginning, as `dlq list` shows it.")
]
OneMessageId = Annotated[
    str | None,
    typer.Argument(metavar="ID", help="The id of a dead letter or its beginning.", show_default=False),
]
All = Annotated[bool, typer.Option("--all", help="All dead letters that exist now.")]
LABELS = {"messageId": "message id", "sentAt": "sent at"}
"""What people read instead of a key of the JSON output."""


@app.command("list", short_help="List dead letters, oldest first.")
def list_dead_letters(stack: Stack = None, as_json: AsJson = False) -> None:
    """List the dead letters that the ledger knows, oldest first, and count those in the queues now."""
    from jobchute.cli.dead_letter_queues import dead_letter_queues_of

    where = dead_letter_queues_of(stack)
    letters = where.rows.all()
    counts = {place: sum(queue.count()) for place, queue in where.queues.items()}
    if as_json:
        for place, queue in where.queues.items():
            print_json(_listed(place, queue, counts[place], letters))
        return
    _print_letters(letters)
    now = ", ".join(f"{place} {count}" for place, count in counts.items())
    say(f"in the queues now: {now}", err=True)


@app.command(short_help="Show why a message became a dead letter, and its body.")
def show(message_id: MessageId, stack: Stack = None, as_json: AsJson = False) -> None:
    """Show why one message became a dead letter, and its body, which may hold secrets."""
    from jobchute.cli.dead_letter_queues import dead_letter_queues_of
    from jobchute.cli.redrive import found, whole_id

    where = dead_letter_queues_of(stack)
    message_id = whole_id(where, message_id)
    with found(where, message_id) as (place, queue, message):
        known = [letter for letter in where.rows.all() if letter.message_id == message_id]
        facts = _facts(place, queue, message, known[0].deliveries if known else 0)
    if as_json:
        print_json(facts)
        return
    from jobchute.cli.tables import print_facts

    body = facts.pop("body")
    print_facts([(LABELS.get(name, name), str(value)) for name, value in facts.items()])
    typer.echo()
    for line in body.splitlines():
        say(line)


@app.command(short_help="Process a dead letter again.")
def redrive(
    message_id: OneMessageId = None, everything: All = False, stack: Stack = None, as_json: AsJson = False
) -> None:
    """Process a dead letter again, as if it had just arrived.

    Processing one twice does no harm. For a failure of the ledger's stream, the state changes of its jobs are
    announced again.
    """
    if (message_id is None) != everything:
        raise typer.BadParameter("give either an ID or --all")
    from jobchute.cli.dead_letter_queues import dead_letter_queues_of
    from jobchute.cli.redrive import found, redrive_all, whole_id
    from jobchute.cli.redrive import redrive as redrive_one

    where = dead_letter_queues_of(stack)
    if message_id is not None:
        with found(where, whole_id(where, message_id)) as (place, queue, message):
            _tell(redrive_one(where, place, queue, message), as_json)
        return
    is_empty = True
    for redriven in redrive_all(where):
        is_empty = False
        _tell(redriven, as_json)
    if is_empty:
        raise AnswerIsNoError("there are no dead letters, or another process is reading them now")


def _tell(redriven: "Redriven", as_json: bool) -> None:
    if as_json:
        print_json(redriven.as_json())
    elif redriven.sent_as:
        say(f"{redriven.message_id} was sent again as {redriven.sent_as}")
    else:
        jobs = counted(len(redriven.retold), "job")
        say(f"{redriven.message_id}: the state changes of {jobs} are announced again")


def _listed(place: "DeadLetterKind", queue: "Queue", count: int, letters: "list[DeadLetter]") -> dict[str, Any]:
    known = [
        {
            "messageId": letter.message_id,
            "deliveries": letter.deliveries,
            "sentAt": letter.sent_at,
            "firstSeenAt": letter.first_seen_at,
            "about": [*letter.about],
            "jobIds": [*letter.job_ids],
        }
        for letter in letters
        if letter.place == place
    ]
    return {"place": place, "queue": queue.name, "messages": count, "deadLetters": known}


def _print_letters(letters: "list[DeadLetter]") -> None:
    from jobchute.cli.columns import ID, Column, cut_list, cut_middle, short_ids
    from jobchute.cli.tables import print_lines

    columns = (
        Column("ID", len("01234567-89ab-cdef-0123-456789abcdef")),
        Column("PLACE", len("intake"), rank=1),
        Column("DELIVERIES", len("DELIVERIES"), rank=4),
        Column("FIRST SEEN", len("2026-11-21T10:00…"), rank=3),
        Column("ABOUT", 20, rank=2, cut=cut_middle),
        ID._replace(rank=5, cut=cut_list, shorten=short_ids),
    )
    print_lines(columns, [_cells(letter) for letter in letters])


def _cells(letter: "DeadLetter") -> tuple[str, ...]:
    about, job_ids = " ".join(letter.about), " ".join(letter.job_ids)
    return letter.message_id, letter.place, str(letter.deliveries), letter.first_seen_at, about, job_ids


def _facts(place: "DeadLetterKind", queue: "Queue", message: "Message", deliveries: int) -> dict[str, Any]:
    from jobchute.cli.dead_letter_causes import cause_of
    from jobchute.job import iso

    return {
        "messageId": message.message_id,
        "place": place,
        "queue": queue.name,
        "sentAt": iso(message.sent_at),
        "received": message.receive_count,
        "cause": cause_of(place, message, deliveries),
        "body": message.body,
    }
