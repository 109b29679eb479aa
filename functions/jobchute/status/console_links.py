"""Links to the AWS console: to a job, its execution and its logs. Pure."""

from urllib.parse import quote

from jobchute.job import Job
from jobchute.providers.registry import SPECS

HOSTS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def links_of(job: Job, state_machine_arn: str) -> dict[str, str]:
    """`job`, `execution` and `logs`, each if it exists."""
    partition, region = state_machine_arn.split(":")[1:4:2]
    base = f"https://{region}.{HOSTS.get(partition, HOSTS['aws'])}"
    execution = f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:{job.job_id}"
    links: dict[str, str] = {}
    page = SPECS[job.api].console if job.api is not None else ""
    if page and job.provider_id is not None:
        links["job"] = f"{base}/{page.format(region=region, name=quote(job.name))}"
    if job.api is not None:
        links["execution"] = f"{base}/states/home?region={region}#/v2/executions/details/{execution}"
    if job.logs:
        group, _, stream = job.logs.partition(":")
        place = f"log-groups/log-group/{_twice(group)}$3FlogStreamNameFilter$3D{_twice(stream)}"
        links["logs"] = f"{base}/cloudwatch/home?region={region}#logsV2:{place}"
    return links


def _twice(text: str) -> str:
    """The encoding of CloudWatch's links: percent-encoded twice, with `$` for `%`."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")
