"""One job as a page shows it: everything from "it failed" to "it runs again", in a bounded number of reads."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.cli.attempt_words import facts_of_plan
from jobchute.cli.facts.advice import ADVICE
from jobchute.cli.facts.job_commands import Command, commands_for
from jobchute.cli.facts.job_logs import LogsEnd, logs_end
from jobchute.cli.facts.relations import Relations, relations_of
from jobchute.cli.facts.timeline import Attempt, attempts_of
from jobchute.cli.job_details import has_execution
from jobchute.cli.job_plans import shown_changes, shown_plan_of
from jobchute.errors import UnknownJobError
from jobchute.job import Api, Job
from jobchute.ledger.plans import Variant, changed_by
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
    """advice: what to do about its cause; empty for a job without one. request: the accepted body, with masked
    secrets; None for a rejection, or if it has expired. changes: what the alternative of the newest attempt
    changes in it, by path. call: of that attempt; None where request is, or if its alternative has expired.
    tries: how often it is tried, and what its alternatives change, as names and words. links: to consoles, by
    name. cost: as a status document has it.
    """

    job: Job
    attempts: tuple[Attempt, ...]
    advice: str
    request: Mapping[str, Any] | None
    changes: Mapping[str, Any]
    tries: Sequence[tuple[str, str]]
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
        """At most 13 calls, usually 7: its request and alternatives, related rows, and the ends of its logs.

        now: epoch seconds.
        """
        accepted, plan = self._accepted(job), shown_plan_of(self.deployment.ledger.requests, job)
        used = plan[job.alternative] if plan and job.alternative else None
        body = _asked_for(job, accepted, used)
        return JobFacts(
            job=job,
            attempts=attempts_of(job, now),
            advice="" if job.cause is None else ADVICE[job.cause],
            request=None if accepted is None else masked(accepted),
            changes={} if used is None else shown_changes(used),
            tries=facts_of_plan(job, plan),
            call=None if body is None or job.api is None else self._call_of(job, job.api, body),
            relations=relations_of(self.deployment.ledger, job),
            logs=logs_end(self.logs, job, body or accepted or {}),
            links=self._links_of(job, now=now),
            cost=cost_told(job),
            commands=commands_for(job, stack=self.stack),
        )

    def _accepted(self, job: Job) -> dict[str, Any] | None:
        if job.api is None:
            return None
        try:
            return self.deployment.ledger.requests.get(job.job_id)
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


def _asked_for(job: Job, accepted: dict[str, Any] | None, used: Variant | None) -> dict[str, Any] | None:
    """What the newest attempt asks for; None if the ledger no longer has it."""
    if accepted is None or used is None:
        return None if job.alternative else accepted
    return changed_by(accepted, used)
