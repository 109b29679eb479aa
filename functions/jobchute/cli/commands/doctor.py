"""jobchute doctor"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import typer

from jobchute.cli.options import AsJson, Stack
from jobchute.cli.output import Coloured, print_json, say

if TYPE_CHECKING:
    from jobchute.cli.doctor.findings import Finding

    Check = tuple[str, Callable[[], Iterator[Finding]]]


def doctor(stack: Stack = None, as_json: AsJson = False) -> None:
    """Check what jobs need: region, credentials, stack, roles, secret, quotas. It only reads.

    The exit status is 1 if something is wrong. What depends on it is then not checked.
    """
    is_good = True
    for finding in _findings(stack):
        is_good = is_good and finding.is_good
        if as_json:
            print_json(finding.document())
        else:
            _print(finding)
    if not is_good:
        raise typer.Exit(1)


def _findings(stack: str | None) -> "Iterator[Finding]":
    """The parts in their order: the later ones need what the first ones check."""
    from jobchute.cli.doctor.findings import found_by

    for part in (_first(), _of_stack(stack), _further(stack)):
        findings = [finding for check, look in part for finding in found_by(check, look)]
        yield from findings
        if not all(finding.is_good for finding in findings):
            return


def _first() -> "list[Check]":
    from jobchute.cli.doctor import account

    return [("region", account.region), ("credentials", account.credentials)]


def _of_stack(stack: str | None) -> "list[Check]":
    from jobchute.cli.doctor.stack import stack as look

    return [("stack", partial(look, stack))]


def _further(stack: str | None) -> "list[Check]":
    from jobchute.cli.doctor.quotas import quotas
    from jobchute.cli.doctor.roles import roles
    from jobchute.cli.doctor.secret import secret
    from jobchute.cli.doctor.stack import bucket, ledger, queue

    looks = {
        "ledger": ledger,
        "bucket": bucket,
        "queue": queue,
        "roles": roles,
        "secret": secret,
        "quotas": quotas,
    }
    return [(name, partial(look, stack)) for name, look in looks.items()]


def _print(finding: "Finding") -> None:
    mark = Coloured("ok     ", typer.colors.GREEN) if finding.is_good else Coloured("problem", typer.colors.RED)
    say(mark, f"  {finding.check}: {finding.text}")
    if finding.advice:
        say(f"         change: {finding.advice}")
