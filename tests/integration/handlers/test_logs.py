"""Lines of log: structured, whichever module writes them, and with the job and its source."""

import io
import json
from typing import Any

from jobchute.job import Api
from tests.integration.handlers.world import RUN, World


def lines(text: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.getvalue().splitlines()]


def test_every_function_names_the_job_and_its_source(world: World, log: io.StringIO) -> None:
    job_id = world.submit(Api.TRAINING_JOB)
    world.dispatch(job_id)
    world.pass_time(2 * RUN)
    world.observe(world.event(job_id))
    world.announce()
    told = {line["message"] for line in lines(log) if line.get("job_id") == job_id and line.get("source")}
    assert told >= {"document processed", "job submitted", "job observed", "move announced"}


def test_an_event_that_moves_nothing_names_the_job(world: World, log: io.StringIO) -> None:
    job_id = world.submit(Api.TRAINING_JOB)
    world.dispatch(job_id)
    world.observe(world.event(job_id))
    (line,) = [line for line in lines(log) if line["message"] == "job unchanged"]
    assert (line["job_id"], line["provider_id"]) == (job_id, world.job(job_id).provider_id)


def test_a_sweep_s_metrics_are_a_line_that_cloudwatch_reads(world: World, log: io.StringIO) -> None:
    """Written by a module below the handler, with the handler's name of the function."""
    world.sweep()
    (line,) = [line for line in lines(log) if line["message"] == "due jobs counted"]
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    names = [metric["Name"] for metric in directive["Metrics"]]
    assert directive["Dimensions"] == [["function_name"]]
    assert {*names, "function_name"} <= line.keys()
