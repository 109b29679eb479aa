"""What a batch job of Fireworks is billed for: ranks on a node pool of the account.

Fireworks has no run-time limit, so the limit is Jobchute's, which stops the job when a further day is over.
"""

from jobchute.job import Document
from jobchute.providers.charges import Charges, Instances, Usage, number, run_seconds
from jobchute.providers.fireworks.batch_job.spec import SPEC

KIND = "fireworks:rank"


def charges_in(request: Document, usage: Usage) -> Charges:  # noqa: ARG001 - not billed by usage
    ranks = Instances(KIND, request["nodePoolId"], number(request, "numRanks", 1))
    return Charges(run_seconds(SPEC.run_time, request), alternatives=((ranks,),))
