"""Command lines of the whole tool, from its own parser: a new command or option is among them by itself."""

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

from typer.main import get_command

from jobchute.cli.main import app
from tests.paths import SAMPLES

SAMPLE = str(SAMPLES / "churn-nightly.yaml")
POOL = "sagemaker:CreateTrainingJob"
UNKNOWN = "unknown-one"
ARGUMENTS = {"FILE": (SAMPLE,), "TARGET": (UNKNOWN, POOL), "POOL": (POOL,), "API": (POOL,)}
"""By what the help calls an argument; any other is an id."""
OPTIONS = {
    "API": POOL,
    "STATE": "FAILED",
    "NAME": "ada",
    "NAME=VALUE": "team=growth",
    "SOURCE": "requests/x.json",
    "FILE": SAMPLE,
    "DIR": "results",
    "TIME": "1h",
    "NAME,…": "state,name",
}
"""By what the help calls an option's value; any other is given a number, which is a name, too."""


class Command(NamedTuple):
    """names: after `jobchute`. arguments: each with the values to try. options: each as it is written.
    without_help: what the help does not explain.
    """

    names: tuple[str, ...]
    arguments: tuple[tuple[str, ...], ...]
    options: tuple[tuple[str, ...], ...]
    without_help: tuple[str, ...]

    @property
    def takes_an_id(self) -> bool:
        return any(UNKNOWN in values for values in self.arguments)

    def plain_lines(self) -> Iterator[list[str]]:
        """With each of its arguments, and as JSON."""
        return (line for line in self.lines() if line[-1] == "--json" or not any(map(is_option, line)))

    def lines(self) -> Iterator[list[str]]:
        """With each of its arguments and without, alone and with each of its options."""
        for arguments in dict.fromkeys([(), *product(*self.arguments)]):
            for option in ((), *self.options):
                yield [*self.names, *arguments, *option]

    def bounded(self, line: list[str]) -> list[str]:
        """The same, where nobody is waited for."""
        names = {option[0] for option in self.options}
        waits = "--timeout" in names and ("--wait" not in names or "--wait" in line or "--dry-run" in line)
        return [*line, "--timeout", "0"] if waits and "--timeout" not in line else line


def is_option(word: str) -> bool:
    return word.startswith("--")


def commands() -> list[Command]:
    return list(_below(get_command(app), ()))


def groups() -> list[tuple[str, ...]]:
    """What has commands below it, the tool itself included."""
    return [(), *sorted({command.names[:-1] for command in commands()} - {()})]


def _below(found: Any, names: tuple[str, ...]) -> Iterator[Command]:
    below = getattr(found, "commands", None)
    if below is not None:
        for name, command in below.items():
            yield from _below(command, (*names, name))
        return
    arguments = [each for each in found.params if each.param_type_name == "argument"]
    options = [each for each in found.params if each.param_type_name == "option"]
    silent = tuple(each.name for each in (found, *found.params) if not each.help)
    yield Command(names, tuple(map(_values, arguments)), tuple(map(_option, options)), silent)


def _values(argument: Any) -> tuple[str, ...]:
    return ARGUMENTS.get(argument.metavar, (UNKNOWN,))


def _option(option: Any) -> tuple[str, ...]:
    return (option.opts[0],) if option.is_flag else (option.opts[0], OPTIONS.get(option.metavar, "1"))
