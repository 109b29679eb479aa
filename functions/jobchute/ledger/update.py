"""DynamoDB update expressions, built step by step."""

from typing import Any

from jobchute.job import State
from jobchute.ledger.items import attribute, list_of, open_mark_of, stored


class Update:
    """An update expression of a job's row, with the names and values that it and its condition use."""

    def __init__(self, job_id: str, changes: dict[str, Any], *, mark: str | None = None) -> None:
        """changes: fields of Job; None removes one. mark: the job's key in the index of what is due, if
        `due` changes and the job waits for names.
        """
        self._job_id = job_id
        self._mark = mark or open_mark_of(job_id)
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self._sets: list[str] = []
        self._removes: list[str] = []
        self._adds: list[str] = []
        self._deletes: list[str] = []
        for field_name, value in changes.items():
            if value is None:
                self._removes.append(self._name(attribute(field_name)))
            else:
                held = str(value) if isinstance(value, State) else stored(field_name, value)
                self.set(attribute(field_name), held)
        if "due" in changes:
            self._mark_open(changes["due"] is not None)

    @property
    def expression(self) -> str:
        clauses = {"SET": self._sets, "REMOVE": self._removes, "ADD": self._adds, "DELETE": self._deletes}
        return " ".join(f"{verb} {', '.join(actions)}" for verb, actions in clauses.items() if actions)

    def set(self, name: str, value: Any) -> None:
        self._sets.append(f"{self._name(name)} = {self._value(value)}")

    def move(self, state: State) -> None:
        """Write a state, and with it the job's key in the index of states."""
        self.set("state", str(state))
        self.set("listed", list_of(self._job_id, state))

    def append(self, name: str, entry: Any) -> None:
        self._sets.append(f"{self._name(name)} = list_append({self._name(name)}, {self._value([entry])})")

    def increment(self, name: str) -> None:
        self._sets.append(f"{self._name(name)} = {self._name(name)} + {self._value(1)}")

    def add(self, name: str, value: Any) -> None:
        self._adds.append(f"{self._name(name)} {self._value(value)}")

    def delete(self, name: str, value: Any) -> None:
        self._deletes.append(f"{self._name(name)} {self._value(value)}")

    def holds(
        self, states: tuple[State, ...], attempt_id: str | None = None, *, attempt: int | None = None
    ) -> str:
        """The condition that the job is in one of the states; also in the attempt, and held by the claim, where
        they are given.
        """
        condition = f"{self._name('state')} IN ({', '.join(self._value(str(state)) for state in states)})"
        if attempt is not None:
            condition += f" AND {self.is_attempt(attempt)}"
        return condition if attempt_id is None else f"{condition} AND {self.equals('attemptId', attempt_id)}"

    def is_attempt(self, attempt: int) -> str:
        """The condition that this is the job's newest attempt. A row does not say that it is the first one."""
        return self.lacks("attempt") if attempt == 1 else self.equals("attempt", attempt)

    def may_submit(self) -> str:
        """The condition that the job's turn has come, or that it is only left to find out how it ended.

        Rows of versions without pools have neither attribute.
        """
        return f"({self.lacks('pool')} OR {self.has_turn()} OR {self.exists('stopCause')})"

    def has_turn(self) -> str:
        """The condition that the job's turn has come."""
        return f"{self._name('createAt')} > {self._value(0)}"

    def holds_fewer(self, name: str, most: int) -> str:
        """The condition that a set has room for one more."""
        return f"({self.lacks(name)} OR size({self._name(name)}) < {self._value(most)})"

    def exists(self, name: str) -> str:
        return f"attribute_exists({self._name(name)})"

    def equals(self, name: str, value: Any) -> str:
        return f"{self._name(name)} = {self._value(value)}"

    def differs(self, name: str, value: Any) -> str:
        return f"{self._name(name)} <> {self._value(value)}"

    def contains(self, name: str, entry: str) -> str:
        """The condition that a set has an entry."""
        return f"contains({self._name(name)}, {self._value(entry)})"

    def lacks(self, name: str) -> str:
        return f"attribute_not_exists({self._name(name)})"

    def is_still(self, name: str, value: Any) -> str:
        """The condition that an attribute is as it was read; None or an empty list: it was not there."""
        return self.equals(name, value) if value not in (None, []) else self.lacks(name)

    def _mark_open(self, is_open: bool) -> None:
        if is_open:
            self.set("open", self._mark)
        else:
            self._removes.append(self._name("open"))

    def _name(self, name: str) -> str:
        self.names[f"#{name}"] = name
        return f"#{name}"

    def _value(self, value: Any) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = value
        return placeholder
