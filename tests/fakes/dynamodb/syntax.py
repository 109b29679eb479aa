# ruff: noqa: ARG005 - all terms take the same
"""What all expressions share: tokens, document paths, names and values.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, reduce

from tests.fakes.dynamodb.values import InvalidError, Item, Value

TOKEN = re.compile(r"\s*([#:][A-Za-z0-9_]+|[A-Za-z][A-Za-z0-9_]*|\[\d+\]|<=|>=|<>|[=<>().,+-])")
MAX_BYTES = 4096

Path = tuple[str | int, ...]
Values = Mapping[str, Value]
Term = Callable[[Item, Values], Value | None]
"""An operand: its value in an item, None where there is none."""


@cache
def reserved_words() -> frozenset[str]:
    """As moto lists them."""
    from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

    return frozenset(word.upper() for word in ReservedKeywords.get_reserved_keywords())


def tokens_of(text: str) -> list[str]:
    if not text.strip():
        raise InvalidError("The expression can not be empty;")
    if len(text.encode()) > MAX_BYTES:
        raise InvalidError("Expression size has exceeded the maximum allowed size;")
    tokens, place, text = [], 0, text.rstrip()
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None:
            raise InvalidError(f'Syntax error; token: "{text[place:].strip()[:10]}"')
        tokens.append(found[1])
        place = found.end()
    return tokens


class Reader:
    """An expression, token by token, and which names and values it has used so far."""

    def __init__(self, text: str, names: Mapping[str, str]) -> None:
        self.names = names
        self.used_names: set[str] = set()
        self.used_values: set[str] = set()
        self.operand_paths: list[Path] = []
        self._tokens = [*tokens_of(text), "<EOF>"]
        self._place = 0

    def peek(self, ahead: int = 0) -> str:
        return self._tokens[min(self._place + ahead, len(self._tokens) - 1)]

    def take(self) -> str:
        token = self.peek()
        self._place += 1
        return token

    def accepts(self, *tokens: str) -> bool:
        """Take the next tokens if they are these. Words are told apart without case."""
        is_next = all(self.peek(place).upper() == token for place, token in enumerate(tokens))
        self._place += len(tokens) * is_next
        return is_next

    def expect(self, token: str) -> None:
        if not self.accepts(token):
            raise self.syntax_error()

    def at_end(self) -> bool:
        return self.peek() == "<EOF>"

    def syntax_error(self) -> InvalidError:
        return InvalidError(f'Syntax error; token: "{self.peek()}"')

    def path(self) -> Path:
        parts: list[str | int] = [self._name()]
        while True:
            if self.accepts("."):
                parts.append(self._name())
            elif self.peek().startswith("["):
                parts.append(int(self.take()[1:-1]))
            else:
                return tuple(parts)

    def placeholder(self) -> str:
        token = self.peek()
        if not token.startswith(":"):
            raise self.syntax_error()
        self.used_values.add(token)
        return self.take()

    def operand(self) -> Term:
        """A value or a document path."""
        if self.peek().startswith(":"):
            placeholder = self.placeholder()
            return lambda item, values: values[placeholder]
        self.operand_paths.append(self.path())
        return at(self.operand_paths[-1])

    def _name(self) -> str:
        token = self.peek()
        if token.startswith("#"):
            if token not in self.names:
                text = "An expression attribute name used in the document path is not defined"
                raise InvalidError(f"{text}; attribute name: {token}")
            self.used_names.add(self.take())
            return self.names[token]
        if not token[0].isalpha():
            raise self.syntax_error()
        if token.upper() in reserved_words():
            raise InvalidError(f"Attribute name is a reserved keyword; reserved keyword: {token}")
        return self.take()


def at(path: Path) -> Term:
    """What is at a path."""
    if len(path) == 1:
        name = str(path[0])
        return lambda item, values: item.get(name)
    return lambda item, values: look(item, path)


def look(item: Item, path: Path) -> Value | None:
    return reduce(_step, path, {"M": item})  # type: ignore[arg-type]


def _step(value: Value | None, part: str | int) -> Value | None:
    match value, part:
        case {"M": inner}, str():
            found: Value | None = inner.get(part)
            return found
        case {"L": entries}, int() if part < len(entries):
            entry: Value = entries[part]
            return entry
        case _:
            return None
