"""One job as a page shows it: everything from "it failed" to "it runs again", in a bounded number of reads."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.cli.facts.advice import ADVICE
from jobchute.cli.facts.job_commands import Command, commands_for
from jobchute.cli.facts.job_logs import LogsEnd, logs_end
from jobchute.cli.facts.relations import Relations, relations_of
from jobchute.cli.facts.timeline import Attempt, attempts_of
from jobchute.cli.job_details import has_execution
from jobchute.errors import UnknownJobError
from jobchute.job import Api, Job
from jobchute.lifecycle.variants import request_of
from jobchute.masking import masked
from jobchute.providers.registry import SPECS
from jobchute.status.console_links import links_of
from jobchute.status.documents import cost_told

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.lifecycle.adapters import AdaptersByApi


class ProviderCall(NamedTuple):
    """The create call that `dispatch` sends. body: with masked secrets."""

    operation: str
    body: Mapping[str, Any]


class JobFacts(NamedTuple):
    """advice: what to do about its cause; empty for a job without one. request: the body, with masked secrets;
    None for a rejection, or if it has expired. call: None where request is.
    links: to consoles, by name. cost: as a status document has it.
    """

    job: Job
    attempts: tuple[Attempt, ...]
    advice: str
    request: Mapping[str, Any] | None
    call: ProviderCall | None
    relations: Relations
    logs: LogsEnd
    links: Mapping[str, str]
    cost: Mapping[str, Any] | None
    commands: Sequence[Command]


class JobReader(NamedTuple):
    """Reads the facts of jobs. adapters: asked for their pure methods alone. logs: a client of CloudWatch Logs.

    stack: the --stack option that the view was started with, for the command lines that are shown.
    """

    deployment: "Deployment"
    adapters: "AdaptersByApi"
    logs: Any
    stack: str | None = None

    def facts_of(self, job: Job, *, now: float) -> JobFacts:
        """At most 12 calls, usually 7: its request, related rows, and the ends of its logs.

        now: epoch seconds.
        """
        body = self._body_of(job)
        return JobFacts(
            job=job,
            attempts=attempts_of(job, now),
            advice="" if job.cause is None else ADVICE[job.cause],
            request=None if body is None else masked(body),
            call=None if body is None or job.api is None else self._call_of(job, job.api, body),
            relations=relations_of(self.deployment.ledger, job),
            logs=logs_end(self.logs, job, body or {}),
            links=self._links_of(job, now=now),
            cost=cost_told(job),
            commands=commands_for(job, stack=self.stack),
        )

    def _body_of(self, job: Job) -> dict[str, Any] | None:
        """What its newest attempt asks for."""
        if job.api is None:
            return None
        try:
            return request_of(self.deployment.ledger.requests, job)
        except UnknownJobError:
            return None

    def _call_of(self, job: Job, api: Api, body: Mapping[str, Any]) -> ProviderCall:
        call = self.adapters[api].request_for(job, body)
        return ProviderCall(SPECS[api].create_call or str(api), masked(call))

    def _links_of(self, job: Job, *, now: float) -> dict[str, str]:
        links = links_of(job, self.deployment.state_machine_arn)
        if not has_execution(job, now=now):
            links.pop("execution", None)
        return links
