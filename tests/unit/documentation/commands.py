"""Whether a command in the documentation could be run: its words against those that its tool takes."""

import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import botocore.session
import typer.main
from botocore import xform_name

from jobchute.cli.main import app
from tests.paths import ROOT

PLACEHOLDER = re.compile(r"<[^<>\n]+>")
SUBSTITUTION = re.compile(r'^"?\$\((.*)\)"?$')
GLOBAL_OPTIONS_OF_AWS = frozenset({"region", "profile", "output", "query", "endpoint-url"})
S3_COMMANDS = frozenset({"cp", "ls", "rm", "sync", "mv"})
CDK_COMMANDS = frozenset({"bootstrap", "deploy", "destroy", "synth", "diff"})
NOTHING_TO_CHECK = frozenset({"export", "git", "pip"})


class NoSuchCommandError(AssertionError):
    """The documentation shows a command that would not run."""


def commands_in(script: str) -> Iterator[list[str]]:
    """The words of each command, placeholders such as `<BusName>` replaced by a word."""
    lines = ""
    for line in PLACEHOLDER.sub("PLACEHOLDER", script).splitlines():
        lines += line + "\n"
        if line.endswith("\\"):
            continue
        try:
            words = shlex.split(lines, comments=True)
        except ValueError:
            continue  # a quoted text that goes on
        lines = ""
        if words:
            yield words
    if lines.strip():
        raise NoSuchCommandError(f"a quote is not closed: {lines}")


def check(words: list[str]) -> None:
    """Raises NoSuchCommandError."""
    program, *arguments = words[: words.index(">")] if ">" in words else words
    match program.rpartition("/")[2]:
        case "make":
            check_make(arguments)
        case "jobchute":
            check_jobchute(arguments)
        case "aws":
            check_aws(arguments)
        case "cdk":
            check_cdk(arguments)
        case "eval":
            inner = SUBSTITUTION.match(arguments[0])
            require(inner is not None, f"not a substitution: {arguments[0]}")
            for command in commands_in(inner.group(1) if inner else ""):
                check(command)
        case name:
            require(name in NOTHING_TO_CHECK, f"there is no check of {name}")


def require(condition: bool, what: str) -> None:
    if not condition:
        raise NoSuchCommandError(what)


def check_make(arguments: list[str]) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    variables = set(re.findall(r"\$\(([A-Z]+)\)", (ROOT / "Makefile").read_text()))
    for word in arguments:
        name, is_variable, _ = word.partition("=")
        known = variables if is_variable else targets
        require(name in known, f"the Makefile has no {name}")


def check_jobchute(arguments: list[str]) -> None:
    """As the tool itself would read them, down to the options' values; nothing is run."""
    command, context, rest = _command_of(arguments)
    try:
        command.make_context(command.name, rest, parent=context)
    except Exception as error:
        raise NoSuchCommandError(f"jobchute {' '.join(arguments)}: {error!r}") from error
    _check_paths(rest)


def check_mention(arguments: list[str]) -> None:
    """A command that is named in a text, perhaps without what it needs: its name and its options."""
    words = [word for argument in arguments for word in [argument.strip("[]…")] if word]
    command, _, rest = _command_of(words)
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for word in rest:
        require(not word.startswith("-") or word.partition("=")[0] in known, f"{words} has no option {word}")


def _command_of(words: list[str]) -> tuple[Any, Any, list[str]]:
    """The command that the first words name, the context above it, and the words behind."""
    command: Any = typer.main.get_command(app)
    context, rest = None, list(words)
    while rest and hasattr(command, "commands"):
        name = rest[0]
        if name.startswith("-"):
            break
        require(name in command.commands, f"jobchute has no command {' '.join(words)}")
        context = command.context_class(command, parent=context)
        command, rest = command.commands[name], rest[1:]
    return command, context, rest


def check_cdk(arguments: list[str]) -> None:
    """The context values are those that a deployment reads, by the model that reads them."""
    from infra.configuration import PREFIX, Configuration, _parsed

    command, *rest = arguments
    require(command in CDK_COMMANDS, f"cdk has no command {command}")
    values = [word for option, word in pairwise(rest) if option in ("-c", "--context")]
    names_and_values = [value.partition("=")[::2] for value in values]
    require(all(name.startswith(PREFIX) for name, _ in names_and_values), f"not Jobchute's: {values}")
    Configuration.model_validate(
        {name.removeprefix(PREFIX): _parsed(value) for name, value in names_and_values}
    )


def check_aws(arguments: list[str]) -> None:
    service, operation, *rest = arguments
    if service == "s3":
        require(operation in S3_COMMANDS, f"aws s3 has no {operation}")
        _check_paths(rest)
        return
    members = _members(service, operation)
    names = [word.removeprefix("--") for word in rest if word.startswith("--")]
    for name in names:
        known = name in members or name in GLOBAL_OPTIONS_OF_AWS
        require(known, f"aws {service} {operation} has no option --{name}; it has {', '.join(members)}")
    missing = [name for name, (_, is_required) in members.items() if is_required and name not in names]
    require(not missing, f"aws {service} {operation} needs {', '.join(missing)}")
    for option, value in pairwise(rest):
        if option.startswith("--") and value.startswith(("{", "[")):
            _check_json(members[option.removeprefix("--")][0], json.loads(value))
    _check_paths(rest)


def _check_json(shape: Any, value: Any) -> None:
    """The members of a JSON value that botocore's shape names."""
    if shape.type_name == "structure":
        for name, inner in value.items():
            require(name in shape.members, f"{shape.name} has no member {name}")
            _check_json(shape.members[name], inner)
    elif shape.type_name == "map":
        allowed = getattr(shape.key, "enum", [])
        for name in value:
            require(not allowed or name in allowed, f"{shape.name} has no key {name}")


@cache
def _members(service: str, operation: str) -> dict[str, tuple[Any, bool]]:
    """Option → shape and whether it is required."""
    session = botocore.session.get_session()
    require(service in session.get_available_services(), f"aws has no service {service}")
    model = session.get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    require(operation in names, f"aws {service} has no {operation}")
    shape = model.operation_model(names[operation]).input_shape
    if shape is None:
        return {}
    required = set(shape.required_members)
    return {xform_name(name, "-"): (member, name in required) for name, member in shape.members.items()}


def _check_paths(words: list[str]) -> None:
    for word in words:
        path = word.removeprefix("file://")
        if path.startswith(("events/", "docs/", "infra/")):
            require((ROOT / path).exists(), f"there is no file {path}")
