"""The commands, and how each of them reports an error.

Modules that take long to import (boto3, rich, the request models) are imported by the commands that need them.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from jobchute.cli.commands import (
    budget,
    cancel,
    cost,
    dlq,
    doctor,
    drain,
    init,
    jobs,
    local,
    logs,
    open_page,
    pause,
    plan,
    pools,
    prices,
    queue,
    request,
    results,
    retry,
    schema,
    set_job,
    split,
    status,
    submit,
    sweep,
    top,
    ui,
    validate,
    watch,
)
from jobchute.cli.errors import StoppedError, ToolError
from jobchute.cli.options import APIS
from jobchute.cli.output import say, say_error, visible
from jobchute.cli.region import prefer_aws_region

EMPTY_OPTION = re.compile(r"--[a-z-]+=\s*")


class Commands(TyperGroup):
    """Prints errors as one line on stderr, with an exit status: 1, the answer is no; 2, could not ask."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with _visible_usage_errors():
            _refuse_empty(args)
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            with _visible_usage_errors():
                return super().invoke(ctx)
        except ToolError as error:
            raise _exit(error) from error
        except KeyboardInterrupt as error:
            raise _exit(
                StoppedError("stopped by Ctrl-C; jobs that were sent continue: jobchute jobs list")
            ) from error
        except Exception as error:
            from jobchute.cli.error_messages import tool_error

            explained = tool_error(error)
            if explained is None:
                raise
            raise _exit(explained) from error


@contextmanager
def _visible_usage_errors() -> Iterator[None]:
    """Typer prints these errors itself; they repeat arguments, and pydantic's prefix."""
    try:
        yield
    except TyperException as error:
        if isinstance(message := getattr(error, "message", None), str):
            vars(error)["message"] = visible(message.removeprefix("Value error, "))
        raise


def _refuse_empty(args: list[str]) -> None:
    """No command takes an empty argument. It could be mistaken: an empty FILE for the current folder, an empty
    owner for none. Raises typer.BadParameter.
    """
    for number, word in enumerate(args, start=1):
        if not word.strip() or EMPTY_OPTION.fullmatch(word):
            what = f"{word.strip()} has no value" if word.strip() else f"argument {number} is empty"
            raise typer.BadParameter(f"{what}; is a shell variable unset?")


def _exit(error: ToolError) -> typer.Exit:
    say_error(f"jobchute: {error}")
    return typer.Exit(error.status)


def _version(is_asked: bool) -> None:
    if not is_asked:
        return
    from importlib.metadata import version

    say(f"jobchute {version('jobchute')}")
    raise typer.Exit


ShowVersion = Annotated[
    bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
]

app = typer.Typer(
    cls=Commands,
    help="Check, plan, submit and follow jobs.",
    epilog="Exit status: 0; 1, the answer is no (invalid, failed, unknown); 2, could not ask; "
    "130, stopped by Ctrl-C.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def common(version: ShowVersion = False) -> None:  # noqa: ARG001
    """Options of every command."""
    prefer_aws_region(os.environ)


app.command(short_help="Check request files, without network access.", epilog=APIS)(validate.validate)
app.command(short_help="Show the provider call of each request; nothing is sent.", epilog=APIS)(plan.plan)
app.command(epilog=APIS)(submit.submit)
app.command(short_help="Cancel jobs, or files with all of their jobs.", epilog=APIS)(cancel.cancel)
app.command(short_help="Run ended jobs again, as new jobs.", epilog=APIS)(retry.retry)
app.command(short_help="Show what jobs left where, and download it.")(results.results)
app.command(short_help="Cut the records of a request into several jobs.", epilog=APIS)(split.split)
app.command(short_help="Print the log lines of a job, or follow them.")(logs.logs)
app.command(short_help="Compare the jobs of a file or a label.")(sweep.sweep)
app.command(short_help="Show the deployment on a page in the browser, read only.")(ui.ui)
app.command(short_help="Empty a deployment before it is deleted.")(drain.drain)
app.command(short_help="Write a small request of an API with comments, to be filled in.")(init.init)
app.command(short_help="Check the credentials, the deployment, roles and quotas.")(doctor.doctor)
app.command(short_help="Print the JSON Schema of request files.")(schema.schema)
app.command(short_help="Show the pools: what runs, what waits and what is next.")(queue.queue)
app.command()(pause.pause)
app.command()(pause.resume)
app.command(short_help="Show what is reserved, spent and left of each budget.")(budget.budget)
app.command(short_help="Show what 1,000 jobs cost on AWS, or a month without jobs.")(cost.cost)
app.command(short_help="Show the state of everything on one screen.")(status.status)
app.command(short_help="Show the same, live.")(top.top)
jobs.app.command(short_help="Show jobs until all have ended.")(watch.watch)
jobs.app.command(short_help="Wait until jobs have ended.")(watch.wait)
jobs.app.command("open", short_help="Print or open a job's page in the AWS console.")(open_page.open_page)
jobs.app.command(short_help="Print the document that runs a job again.")(request.request)
jobs.app.command("set", short_help="Change the priority or labels of a job that waits.")(set_job.set_job)
app.add_typer(jobs.app, name="jobs")
app.add_typer(dlq.app, name="dlq")
app.add_typer(pools.app, name="pools")
app.add_typer(prices.app, name="prices")
app.add_typer(local.app, name="local")
