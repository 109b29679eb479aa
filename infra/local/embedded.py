"""The embedded AWS: MiniStack, the provider simulator and the clock of `reconcile`, on loopback."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from infra.asset import ROOT
from infra.endpoints import endpoint_variables
from infra.local import deployment, processes
from infra.local.enforcement import Enforcement
from infra.local.host import Host
from infra.local.page import address_in, start_page

STATE = ROOT / ".jobchute"
"""Where ports, process ids, logs and data are kept, readable by its user alone (mode 0700, files 0600).

Another folder is another embedded AWS beside the first.
"""
MINISTACK = ROOT / ".ministack-venv" / "bin" / "ministack"
SERVING = Path(__file__).with_name("serving.py")

# Version 1 of the AWS CLI overrides AWS_ENDPOINT_URL for SQS in every older region (overridesslcommonname).
REGION = "eu-central-2"
ACCOUNT = "000000000000"
PLACE = ("--region", REGION, "--account", ACCOUNT)
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
NO_FILES = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
"""A profile could name other endpoints and credentials."""
OF_A_STACK = ("AWS_", "JOBCHUTE_")
"""How the variables begin that point the AWS CLI, the SDKs and the tool to a stack."""
HOST = Host()
EVENT_SOURCE_PREFIX = "jobchute.simulator."


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A running embedded AWS and the stack's outputs.

    pids: process ids by name. trust: variables that make clients trust its certificate, where it has one.
    """

    aws_url: str
    provider_url: str
    pids: dict[str, int]
    trust: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def bucket(self) -> str:
        return self.outputs["BucketName"]

    @property
    def queue_url(self) -> str:
        return self.outputs["QueueUrl"]

    @property
    def table(self) -> str:
        return self.outputs["TableName"]

    @property
    def state_machine_arn(self) -> str:
        return self.outputs["StateMachineArn"]

    @property
    def pointers(self) -> dict[str, str]:
        """What points the processes that are started here to this AWS, and to nothing else."""
        return {"AWS_ENDPOINT_URL": self.aws_url, **CREDENTIALS, **NO_FILES, **self.trust}

    def environment(self) -> dict[str, str]:
        """What points the AWS CLI, the SDKs and the tool here."""
        return {
            "AWS_ENDPOINT_URL": self.aws_url,
            **endpoint_variables(self.provider_url),
            **CREDENTIALS,
            **self.trust,
            "JOBCHUTE_BUCKET": self.bucket,
            "JOBCHUTE_QUEUE_URL": self.queue_url,
            "JOBCHUTE_TABLE": self.table,
            "JOBCHUTE_STATE_MACHINE_ARN": self.state_machine_arn,
            "JOBCHUTE_POOLS": json.dumps(deployment.POOLS),
            "JOBCHUTE_REGROWTH_SECONDS": str(deployment.SECONDS["regrowth"]),
        }

    def enter(self) -> None:
        """Point this process here."""
        os.environ.update(self.environment())


def up(
    state: Path = STATE,
    *,
    context: Mapping[str, str] | None = None,
    enforce: bool = False,
    host: Host = HOST,
) -> Deployment:
    """Start what is not running, and deploy the stack as it is now.

    context: more values for the deployment. enforce: IAM is enforced, over TLS, here and by the simulator, and
    every decision is written to the files that infra.local.enforcement names.
    """
    running = start(state, enforce=enforce, host=host)
    _say(f"deploying the stack to {running.aws_url} with the CDK")
    outputs = deployment.deploy(
        running.provider_url,
        EVENT_SOURCE_PREFIX,
        state,
        context,
        environment=_own(running.pointers),
        build=host.build,
    )
    host.put_account(outputs["FireworksSecretArn"])
    pids = dict(running.pids)
    if "clock" not in pids or not processes.is_alive(pids["clock"]):
        command = [sys.executable, "-m", "infra.local.clock"]
        environment = _own(running.pointers)
        pids["clock"] = host.start(command, log=state / "clock.log", environment=environment)
    ready = replace(running, pids=pids, outputs=outputs)
    _remember(state, ready)
    return ready


def start(state: Path = STATE, *, enforce: bool = False, host: Host = HOST) -> Deployment:
    """Start what is not running, without the stack, and point this process there. enforce: as for `up`.

    What points this process to another stack is named on stderr and removed from its environment.
    """
    running = _running(state, host)
    if running is None:
        down(state)
        _say("starting the embedded AWS")
        running = _start(state, Enforcement(state) if enforce else None, host)
    _leave_other_stacks(running)
    os.environ.update(running.pointers)
    return running


def show_page(deployed: Deployment, state: Path = STATE, *, host: Host = HOST) -> str:
    """The address of `jobchute ui` over this deployment, which is started unless it runs. `down` ends it."""
    log, pid = state / "page.log", deployed.pids.get("page")
    known = address_in(log)
    if known is not None and pid is not None and processes.is_alive(pid):
        return known
    environment = processes.environment() | NO_FILES | deployed.environment() | {"PYTHONUNBUFFERED": "1"}
    pid, address = start_page(log, environment, start=host.start)
    _remember(state, replace(deployed, pids=deployed.pids | {"page": pid}))
    return address


def current(state: Path = STATE) -> Deployment | None:
    """What runs now, if it answers and has the stack."""
    running = _running(state, HOST)
    return running if running is not None and running.outputs else None


def _running(state: Path, host: Host) -> Deployment | None:
    if not _file(state).exists():
        return None
    deployed = Deployment(**json.loads(_file(state).read_text()))
    os.environ.update(deployed.trust)
    urls = (_health_of_ministack(deployed.aws_url), _health_of_simulator(deployed.provider_url))
    return deployed if all(map(host.answers, urls)) else None


def down(state: Path = STATE) -> None:
    """Stop what is remembered as running, and forget it."""
    if _file(state).exists():
        # The simulator, which sends events to the emulator, waits for its answer before it ends.
        for pid in reversed(json.loads(_file(state).read_text())["pids"].values()):
            processes.stop(pid)
    shutil.rmtree(state, ignore_errors=True)


def _say(what: str) -> None:
    print(f"{what} …", file=sys.stderr, flush=True)


def _file(state: Path) -> Path:
    return state / "local.json"


def _start(state: Path, enforcement: Enforcement | None, host: Host) -> Deployment:
    processes.make_private(state)
    scratch = state / "tmp"
    processes.make_private(scratch)
    aws_port, provider_port = processes.free_port(), processes.free_port()
    aws_url, provider_url = f"http://127.0.0.1:{aws_port}", f"http://127.0.0.1:{provider_port}"
    command, trust = [str(MINISTACK.with_name("python")), str(SERVING)], {}
    ministack = {
        "GATEWAY_PORT": str(aws_port),
        "BIND_HOST": "127.0.0.1",
        # A host name here would come back in queue URLs, and would have to be resolved.
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": "WARNING",
        "S3_DATA_DIR": str(state / "s3"),
        # It unpacks every function's code for every worker; `down` removes the folder.
        "TMPDIR": str(scratch),
    }
    simulator = [sys.executable, "-m", "infra.local.simulator", *PLACE, "--port", str(provider_port)]
    environment = CREDENTIALS | NO_FILES
    if enforcement is not None:
        aws_url = aws_url.replace("http:", "https:")
        command, trust = enforcement.command(MINISTACK), enforcement.trust
        ministack |= enforcement.settings()
        simulator += ["--enforce", "--decisions", str(enforcement.provider_decisions)]
        os.environ.update(trust)
        environment |= trust
    simulator += ["--events-endpoint", aws_url, "--logs-endpoint", aws_url, "--storage-endpoint", aws_url]
    pids: dict[str, int] = {}
    try:
        pids["ministack"] = host.start(
            command,
            log=state / "ministack.log",
            environment=processes.environment() | environment | ministack,
        )
        pids["simulator"] = host.start(simulator, log=state / "simulator.log", environment=_own(environment))
        _wait_for(_health_of_ministack(aws_url), state / "ministack.log", host)
        _wait_for(_health_of_simulator(provider_url), state / "simulator.log", host)
    finally:
        started = Deployment(aws_url=aws_url, provider_url=provider_url, pids=pids, trust=trust)
        _remember(state, started)
    return started


def _own(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that runs this checkout's own modules."""
    return processes.environment() | {"PYTHONPATH": str(ROOT / "functions")} | dict(more)


def _leave_other_stacks(running: Deployment) -> None:
    """Forget what the shell says of another stack, and name it: the values may be secret."""
    own = running.environment() if running.outputs else {}
    own |= running.pointers
    foreign = sorted(
        name for name, value in os.environ.items() if name.startswith(OF_A_STACK) and own.get(name) != value
    )
    if foreign:
        print(f"ignored, as the embedded AWS has its own: {', '.join(foreign)}", file=sys.stderr, flush=True)
    for name in foreign:
        del os.environ[name]


def _remember(state: Path, deployed: Deployment) -> None:
    processes.make_private(state)
    _file(state).touch(mode=0o600)
    _file(state).write_text(json.dumps(asdict(deployed), indent=2))


def _health_of_ministack(url: str) -> str:
    return f"{url}/_ministack/health"


def _health_of_simulator(url: str) -> str:
    return f"{url}/_simulator/health"


def _wait_for(url: str, log: Path, host: Host) -> None:
    if not processes.wait_until(lambda: host.answers(url), seconds=120):
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        raise SystemExit(f"{url} does not answer; the end of {log}:\n{tail}")
