"""jobchute sweep"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from jobchute.cli.completion import complete_jobs
from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, OwnerName, Stack
from jobchute.cli.output import say

if TYPE_CHECKING:
    from jobchute.cli.sweeps.rows import SweepRow
    from jobchute.requests.objective import Objective

Target = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        autocompletion=complete_jobs,
        help="A request file (s3://BUCKET/KEY or requests/…), one of its documents with #N, or a label, "
        "NAME=VALUE.",
        show_default=False,
    ),
]
By = Annotated[
    str | None,
    typer.Option(
        "--by",
        metavar="METRIC",
        help="Show the job with the largest value of this metric first. Default: the document's objective.",
        show_default=False,
    ),
]
Minimize = Annotated[bool, typer.Option("--minimize", help="The smallest value is the best.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]


def sweep(
    target: Target,
    by: By = None,
    minimize: Minimize = False,
    as_csv: AsCsv = False,
    stack: Stack = None,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Compare the jobs of a file or a label: values, state, cause, time, cost and metrics."""
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.sweeps.printing import print_as_csv, print_as_json, print_table, summary
    from jobchute.cli.sweeps.reading import sweep_of
    from jobchute.cli.sweeps.rows import best_first

    if as_csv and as_json:
        raise typer.BadParameter("give --csv or --json, not both", param_hint="--csv")
    rows = sweep_of(deployment_of(stack, owner), target)
    objective = _objective(rows, by, minimize)
    if objective is not None:
        rows = best_first(rows, objective)
    if as_json:
        print_as_json(rows)
    elif as_csv:
        print_as_csv(rows, objective)
    else:
        print_table(rows, objective)
        say(summary(rows, objective), err=True)


def _objective(rows: "Sequence[SweepRow]", by: str | None, minimize: bool) -> "Objective | None":
    """Raises AnswerIsNoError for a metric that no job has."""
    from jobchute.cli.sweeps.reading import objective_of
    from jobchute.cli.sweeps.rows import names_in
    from jobchute.requests.objective import MAXIMIZE, MINIMIZE, Objective

    given = objective_of([row.job for row in rows])
    metric = by or (None if given is None else given.metric)
    if metric is None:
        if minimize:
            raise typer.BadParameter("give the metric with --by", param_hint="--minimize")
        return None
    known = names_in(row.metrics for row in rows)
    if by is not None and by not in known:
        metrics = f"their metrics are {', '.join(known)}" if known else "no metrics are known of these jobs"
        raise AnswerIsNoError(f"no job has the metric {by!r}; {metrics}")
    goal = given.goal if given is not None and given.metric == metric else MAXIMIZE
    return Objective(metric, MINIMIZE if minimize else goal)
