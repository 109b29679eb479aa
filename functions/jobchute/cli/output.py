"""Printing: JSON lines, and text that is safe on a terminal.

Keys, names, files and providers' texts may hold control characters, which move the cursor and hide text, and
characters that reverse the direction of writing. Text that is not a literal is printed by the functions here.
"""

import json
from typing import Any, NamedTuple

import typer


class Coloured(NamedTuple):
    """A part of a line, in one of typer.colors."""

    text: str
    colour: str


def print_json(value: Any, *, indent: int | None = None) -> None:
    """One object: on one line, or on several if an indent is given."""
    typer.echo(json_text(value, indent=indent))


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON in which every invisible character is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "".join(character if character in "\n" else _escaped(character) for character in text)


def say(*parts: str | Coloured, err: bool = False, colour: str | None = None) -> None:
    """One line. Tabs are kept. colour: of the whole line."""
    shown = [
        typer.style(visible(part.text), fg=part.colour) if isinstance(part, Coloured) else visible(part)
        for part in parts
    ]
    typer.secho("".join(shown), err=err, fg=colour)


def say_error(text: str) -> None:
    """One or several lines on stderr, in red."""
    typer.secho("\n".join(map(visible, text.split("\n"))), err=True, fg=typer.colors.RED)


def visible(text: str) -> str:
    """On one line: line breaks become spaces, other invisible characters are escaped."""
    return "".join(character if character in "\t" else _spaced(character) for character in text)


def safe(text: object) -> str:
    """Text of a provider or a file on one line, without control characters and tabs."""
    return "".join(map(_spaced, str(text))).strip()


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _spaced(character: str) -> str:
    return " " if character.isspace() else _escaped(character)


def _escaped(character: str) -> str:
    """`isprintable` is false for controls (C0, C1, DEL), format characters such as U+202E, and surrogates."""
    return character if character.isprintable() else json.dumps(character)[1:-1]
