"""Printing: JSON lines, and text that is safe on a terminal."""

import json
from typing import Any

import typer


def print_json(value: Any) -> None:
    """One object, one line."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def safe(text: object) -> str:
    """What a provider or a file said, on one line and without control characters."""
    return "".join(character if character.isprintable() else " " for character in str(text)).strip()


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
