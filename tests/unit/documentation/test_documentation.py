"""Every code block of the README and of docs/: documents are valid, commands exist, outputs are as shown."""

import ast
import json
import re
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from jobchute.aws.s3_notifications import ObjectCreated
from jobchute.cli.document_checks import check as check_file
from jobchute.cli.price_sources import in_file
from jobchute.cli.request_files import RequestFile
from jobchute.job import State
from jobchute.ledger.files import FileRow, ReadProgress
from jobchute.outcomes import Cause, Result
from jobchute.parsing.documents import Position, read_documents
from jobchute.requests.objective import Best
from jobchute.status.console_links import links_of
from jobchute.status.documents import status_of
from jobchute.status.files import file_status_of
from jobchute.status.sources import claimed_source
from tests.builders import NOW, a_job
from tests.paths import FUNCTIONS
from tests.unit.bodies import VALID
from tests.unit.documentation import commands
from tests.unit.documentation.blocks import Block, all_blocks, blocks_of, inline_code
from tests.unit.documentation.dry_run import status_of_a_dry_run

BLOCKS = all_blocks()
TOOLS = ("jobchute", "make", "cdk", ".venv/bin/jobchute")
FUNCTION_NAMES = {path.stem for path in FUNCTIONS.glob("*.py")}
REQUEST_MEMBERS = "members of a request document"
CONTEXT_MEMBERS = "a member of cdk.json"
STATUS_MEMBERS = "members of a file's status document"
JOB_MEMBERS = "members of a job's status document"
ENDED_MEMBERS = "members of an ended job's status document"
EVENT_MEMBERS = "members of an event"
PRICE_FILE = "a file of prices"
DRY_RUN_MEMBERS = "members of a dry run's status document"


def place_of(block: Block) -> str:
    return f"{block.place} {block.language}"


def check_yaml(block: Block) -> None:
    if block.fragment == PRICE_FILE:
        assert prices_of(block.text)
        return
    if block.fragment:
        assert block.fragment == REQUEST_MEMBERS
    (document,) = read_documents(block.text.encode(), name="block.yaml")
    assert document.problems == ()
    value = document.value
    assert isinstance(value, dict)
    if block.fragment:
        value = {"api": "braket:CreateJob", "request": VALID["braket:CreateJob"], **value}
    check_request(json.dumps(value))


def prices_of(text: str) -> object:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        return in_file(Path(file.name))


def check_request(text: str) -> None:
    file = RequestFile(shown="block", name="block.json", path="", data=text.encode())
    assert [mistake.problem for checked in check_file(file) for mistake in checked.mistakes] == []


def check_json(block: Block) -> None:
    match block.fragment:
        case "":
            value = json.loads(block.text)
            if isinstance(value, dict) and not {"api", "cancel", "set"}.isdisjoint(value):
                check_request(block.text)
        case fragment if fragment == CONTEXT_MEMBERS:
            from infra.configuration import PREFIX, Configuration

            context = json.loads(f"{{{block.text}}}")["context"]
            assert all(name.startswith(PREFIX) for name in context)
            Configuration.model_validate({name.removeprefix(PREFIX): value for name, value in context.items()})
        case fragment if fragment == STATUS_MEMBERS:
            assert_members_of(json.loads(block.text), status_of_a_file())
        case fragment if fragment == JOB_MEMBERS:
            assert_members_of(json.loads(block.text), status_of_a_waiting_job())
        case fragment if fragment == ENDED_MEMBERS:
            assert_members_of(json.loads(block.text), event_of_a_job()["detail"])
        case fragment if fragment == EVENT_MEMBERS:
            assert_members_of(json.loads(block.text), event_of_a_job())
        case fragment if fragment == DRY_RUN_MEMBERS:
            assert_members_of(json.loads(block.text), status_of_a_dry_run())
        case fragment:
            raise AssertionError(f"there is no check of a fragment that is {fragment}")


def assert_members_of(shown: Any, real: Any, path: str = "") -> None:
    """The names and kinds of what is shown are those of what is really written."""
    assert type(shown) is type(real), path
    if isinstance(shown, list):
        for each in shown:
            assert_members_of(each, real[0], f"{path}[]")
    if isinstance(shown, dict):
        for name, value in shown.items():
            assert name in real, f"{path}.{name}"
            if path != ".detail.labels":
                assert_members_of(value, real[name], f"{path}.{name}")


def status_of_a_file() -> Any:
    created = ObjectCreated("bucket", "requests/sweep.jsonl", version_id="v1")
    source = claimed_source(created, "bucket")
    assert source is not None
    reading = ReadProgress(position=Position(4), accepted=3, rejected=1, rejections=("1",))
    counted = {"QUEUED": 1, "RUNNING": 1, "SUCCEEDED": 1, "FAILED": 1, "REJECTED": 1}
    row = FileRow(source, 4, "", reading=reading, states=counted, counted_at="2026-11-21T10:12:03.214Z")
    best = Best("loss", "minimize", "jc-1", 0.5, document=0, combination=1)
    return file_status_of(row._replace(best=best), None)


def status_of_a_waiting_job() -> Any:
    awaits = ({"name": "name", "on": ["SUCCEEDED"]},)
    cost = {"bound": 2_760_000, "priced": "2026-11-27"}
    job = a_job(state=State.QUEUED, reason="waiting", awaits=awaits, awaits_until=1, cost=cost)
    return json.loads(json.dumps(status_of(job)))


def result_of_a_job() -> Any:
    at = datetime.fromtimestamp(NOW, tz=UTC)
    instances = {"type": "ml.m5.large", "count": 2}
    facts = Result(
        at, at, at, 1, instances, metrics={"validation:loss": 0.5}, model="s3://b/m", output="s3://b/"
    )
    return facts._replace(exit_message="text").document()


def event_of_a_job() -> Any:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:processing-job/x"
    job = a_job(
        state=State.FAILED,
        reason="reason",
        cause=Cause.CODE,
        result=result_of_a_job(),
        provider_id=arn,
        labels={"team": "growth"},
    )
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:Jobs"
    detail = {"version": "1", "id": "id", **status_of(job), "links": links_of(job, machine)}
    event = {"source": "jobchute", "detail-type": "Jobchute Job State Change", "detail": detail}
    return json.loads(json.dumps(event))


def check_sh(block: Block) -> None:
    assert not block.fragment
    found = list(commands.commands_in(block.text))
    script = commands.PLACEHOLDER.sub("PLACEHOLDER", block.text)
    subprocess.run(["sh", "-n"], input=script.encode(), check=True, timeout=20)
    assert found
    for words in found:
        commands.check(words)


NODE = r"""[A-Z0-9]+(?:\["[^"]+"\]|\[\[[^\]]+\]\]|\[\([^)]+\)\]|\[[^\]"(]+\]|\(\[[^\]]+\]\)|\{\{[^}]+\}\})?"""
STATE = r"(?:\w+|\[\*\])"
ARROW = r"(?:-->|-\.->)(?:\|[^|]+\|)?"
WAY = rf"{STATE} --> {STATE}(?:: .+)?"
COMPOSITE = r'state "[^"]+" as \w+(?: \{)?'


def check_mermaid(block: Block) -> None:
    """The grammar of what is used here; tests/infra holds the state diagram to the state machine."""
    kind, *lines = block.text.strip().splitlines()
    grammars = {
        "flowchart LR": rf"  {NODE}(?: {ARROW} {NODE})+",
        "stateDiagram-v2": rf"  (?:  )?(?:{WAY}|{COMPOSITE}|\}}|note right of \w+: .+)",
    }
    for line in lines:
        assert re.fullmatch(grammars[kind], line), line
    assert set(re.findall(r"\(\[(\w+)\]\)", block.text)) <= FUNCTION_NAMES


def check_python(block: Block) -> None:
    """It compiles, and all that it imports is there, except for what the walk-through itself adds."""
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom) and node.module and "transform_job" not in node.module:
            module = import_module(node.module)
            assert [each.name for each in node.names if not hasattr(module, each.name)] == []


CHECKS: dict[str, Callable[[Block], None]] = {
    "sh": check_sh,
    "yaml": check_yaml,
    "json": check_json,
    "mermaid": check_mermaid,
    "python": check_python,
}


@pytest.mark.parametrize("block", BLOCKS, ids=place_of)
def test_the_block_is_right(block: Block) -> None:
    assert block.language in CHECKS, "name the block's language after its fence: " + ", ".join(CHECKS)
    CHECKS[block.language](block)


MENTIONS = sorted(
    {(page, code) for page, code in inline_code() if code.partition(" ")[0] in TOOLS and " " in code}
)


@pytest.mark.parametrize(("page", "code"), MENTIONS)
def test_a_command_that_a_text_names_exists(page: str, code: str) -> None:
    program, _, rest = code.partition(" ")
    words = commands.PLACEHOLDER.sub("PLACEHOLDER", rest).split()
    match program:
        case "make":
            commands.check_make([word for word in words if "=" not in word][:1])
        case "cdk":
            assert words[0] in commands.CDK_COMMANDS
        case _:
            commands.check_mention(words)


WRONG = [
    ("sh", "make demoo", "the Makefile has no demoo"),
    ("sh", "jobchute job list", "no command job list"),
    ("sh", "jobchute jobs list --sate FAILED", "--sate"),
    ("sh", "jobchute submit", "MissingParameter"),
    ("sh", 'eval "$(jobchute local envs)"', "local envs"),
    ("sh", "aws sqs send-mesage --queue-url q", "send-mesage"),
    ("sh", "aws sqs send-message --queue-url q --body x", "--body"),
    ("sh", "aws sqs send-message --queue-url q", "message-body"),
    ("sh", 'aws sqs set-queue-attributes --queue-url q --attributes \'{"Visibility": "1"}\'', "Visibility"),
    ("sh", "aws s3 cp events/requests/none.yaml s3://bucket/requests/x", "events/requests/none.yaml"),
    ("sh", "cdk deploy -c jobchute:role=x", "role"),
    ("sh", "jobchut submit x", "no check of jobchut"),
    ("sh", "aws sqs list-queues 'x", "quote"),
    ("json", '{"a": 1, …}', "property name"),
    ("json", '{"api": "braket:CreateJob", "request": {}}', "MISSING"),
    ("yaml", "api: braket:CreateJob\nrequest: {}", "MISSING"),
    ("yaml", "a: &x 1", "YAML_ANCHOR"),
    ("mermaid", "flowchart LR\n  A -> B", "A -> B"),
    ("mermaid", "flowchart LR\n  A --> B([gone])", "gone"),
]


@pytest.mark.parametrize(("language", "text", "told"), WRONG)
def test_a_block_that_is_wrong_is_found(language: str, text: str, told: str) -> None:
    (block,) = blocks_of("page.md", f"```{language}\n{text}\n```\n")
    with pytest.raises(Exception, match=re.escape(told)):
        CHECKS[language](block)


@pytest.mark.parametrize("code", ["job list", "jobs list --sate", "submit FILE… [--wiat]"])
def test_a_mention_that_is_wrong_is_found(code: str) -> None:
    with pytest.raises(commands.NoSuchCommandError):
        commands.check_mention(code.split())


def test_a_block_without_an_end_is_found() -> None:
    with pytest.raises(ValueError, match="no end"):
        list(blocks_of("page.md", "```sh\nmake\n"))
