"""What braket:CreateJob is billed for: its instances, and the quantum tasks that its program creates.

The request limits the instances' time, but not the tasks. A document may say how many tasks and shots, or
seconds of an on-demand simulator, its program uses at most (`usage`); the provider does not enforce that.
"""

from jobchute.job import Document
from jobchute.providers.braket.charges import amounts_of
from jobchute.providers.braket.hybrid_job.spec import SPEC
from jobchute.providers.charges import Charges, Instances, Usage, number, run_seconds

KIND = "braket:job"


def charges_in(request: Document, usage: Usage) -> Charges:
    config = request["instanceConfig"]
    count = number(config, "instanceCount", 1)
    instances = Instances(KIND, config["instanceType"], count, number(config, "volumeSizeInGb"))
    device: str = request["deviceConfig"]["device"]
    amounts = amounts_of(device, usage)
    beyond = "" if amounts or device.startswith("local:") else "quantum tasks"
    return Charges(
        run_seconds(SPEC.run_time, request),
        alternatives=((instances,),),
        amounts=amounts,
        beyond=beyond,
    )
