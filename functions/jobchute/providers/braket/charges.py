"""What Braket bills for its devices."""

from jobchute.providers.charges import Amount, Usage

TASK, SHOT, SIMULATOR = "braket:task", "braket:shot", "braket:simulator"


def amounts_of(device: str, usage: Usage) -> tuple[Amount, ...]:
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
