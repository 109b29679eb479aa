"""The site over the deployment that the options and the environment name."""

from jobchute.cli.deployment import deployment_of
from jobchute.cli.facts.known_jobs import KnownJobs
from jobchute.cli.facts.tallies import Tallies
from jobchute.cli.stack import StackEnvironment
from jobchute.cli.ui.counting import CountedClients
from jobchute.cli.ui.site import Kept, Site
from jobchute.runtime import compose, current


def site_of(stack: str | None) -> Site:
    """Raises CannotAskError, and errors of AWS if the deployment cannot be read: one query finds out, before
    an address is printed.
    """
    parts = current()
    clients = CountedClients(parts.clients)
    deployment = deployment_of(stack)
    deployment.ledger.queries.handle("none")
    return Site(
        deployment=deployment,
        parts=compose(clients, parts.settings, parts.clock),
        clients=clients,
        kept=Kept(),
        known=KnownJobs(),
        tallies=Tallies(),
        stack=stack,
        name=stack or StackEnvironment.from_environment().stack,
    )
