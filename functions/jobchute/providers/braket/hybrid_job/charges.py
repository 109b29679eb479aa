"""What braket:CreateJob is billed for: its instances, and the quantum tasks that its program creates.

The request limits the instances' time, but not the tasks. A document may say how many tasks and shots, or
seconds of an on-demand simulator, its program uses at most (`usage`); the provider does not enforce that.
"""

from jobchute.job import Document
from jobchute.providers.braket.hybrid_job.spec import SPEC
from jobchute.providers.charges import Amount, Charges, Instances, Usage, number, run_seconds

KIND = "braket:job"
TASK, SHOT, SIMULATOR = "braket:task", "braket:shot", "braket:simulator"


def charges_in(request: Document, usage: Usage) -> Charges:
    config = request["instanceConfig"]
    count = number(config, "instanceCount", 1)
    instances = Instances(KIND, config["instanceType"], count, number(config, "volumeSizeInGb"))
    device: str = request["deviceConfig"]["device"]
    amounts = _amounts(device, usage)
    beyond = "" if amounts or device.startswith("local:") else "quantum tasks"
    return Charges(
        run_seconds(SPEC.run_time, request),
        alternatives=((instances,),),
        amounts=amounts,
        beyond=beyond,
    )


def _amounts(device: str, usage: Usage) -> tuple[Amount, ...]:
    """A simulator is billed by its time, a quantum device by tasks and shots: without one of them, none."""
    name = device.rpartition("/")[2]
    if "/quantum-simulator/" in device:
        seconds = usage.get("simulatorSeconds")
        if seconds is None:
            return ()
        return (Amount(f"{SIMULATOR}/{name}", seconds, "simulatorSeconds", is_reported=False),)
    if "/qpu/" not in device or not {"tasks", "shots"} <= usage.keys():
        return ()
    return (
        Amount(f"{TASK}/{name}", usage["tasks"], "tasks", is_reported=False),
        Amount(f"{SHOT}/{name}", usage["shots"], "shots", is_reported=False),
    )
