"""A DynamoDB update expression in the making."""

from typing import Any

from jobchute.job import State
from jobchute.rows import OPEN, attribute


class Update:
    """An update expression in the making."""

    def __init__(self, changes: dict[str, Any]) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self._sets: list[str] = []
        self._removes: list[str] = []
        for field_name, value in changes.items():
            if value is None:
                self._removes.append(self._name(attribute(field_name)))
            else:
                self.set(attribute(field_name), str(value) if isinstance(value, State) else value)
        if "due" in changes:
            self._mark_open(changes["due"] is not None)

    @property
    def expression(self) -> str:
        removes = f" REMOVE {', '.join(self._removes)}" if self._removes else ""
        return f"SET {', '.join(self._sets)}{removes}"

    def set(self, name: str, value: Any) -> None:
        self._sets.append(f"{self._name(name)} = {self._value(value)}")

    def append(self, name: str, entry: Any) -> None:
        self._sets.append(f"{self._name(name)} = list_append({self._name(name)}, {self._value([entry])})")

    def increment(self, name: str) -> None:
        self._sets.append(f"{self._name(name)} = {self._name(name)} + {self._value(1)}")

    def holds(self, states: tuple[State, ...], attempt_id: str | None) -> str:
        """The condition that the job is in one of the states, and held by the attempt where one is given."""
        condition = f"{self._name('state')} IN ({', '.join(self._value(str(state)) for state in states)})"
        if attempt_id is None:
            return condition
        return f"{condition} AND {self._name('attemptId')} = {self._value(attempt_id)}"

    def _mark_open(self, is_open: bool) -> None:
        if is_open:
            self.set("open", OPEN)
        else:
            self._removes.append(self._name("open"))

    def _name(self, name: str) -> str:
        self.names[f"#{name}"] = name
        return f"#{name}"

    def _value(self, value: Any) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = value
        return placeholder
