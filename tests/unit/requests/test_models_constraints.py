"""Every constraint of the four AWS models, each with a document that breaks it alone and an unbroken twin.

The documents come from botocore's input shapes directly, not from the generated models, so that a
constraint which the generator lost is found missing here.
"""

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from jobchute.job import Api
from jobchute.requests.models.codes import Code
from jobchute.requests.problems import Problem
from jobchute.requests.validation import problems_in

AWS_APIS = [api for api in Api if api is not Api.FIREWORKS_JOB]
FILLED_IN = {"clientToken", "jobName", "TrainingJobName", "ProcessingJobName"}
READ_ONLY = {"SelectedInstanceType", "SelectedInstanceCount"}
# A broken text in a map's keys is told apart by its path alone, so a simple key is used where values break.
KEY = "k0"

# What a text is made of: by pattern, a beginning, a character to repeat, and an end.
TEXTS: dict[str, tuple[str, str, str]] = {
    "": ("", "a", ""),
    r".*": ("", "a", ""),
    r".+": ("", "a", ""),
    r"[\s\S]+": ("", "a", ""),
    r"[\S\s]*": ("", "a", ""),
    r"[-0-9a-zA-Z]+": ("", "a", ""),
    r"[0-9]{12}": ("123456789012", "", ""),
    r"[A-Za-z0-9\.\-_]+": ("", "a", ""),
    r"[a-zA-Z0-9._-]+": ("", "a", ""),
    r"[a-zA-Z_][a-zA-Z0-9_]*": ("", "a", ""),
    r"[a-zA-Z0-9:/_-]*": ("", "a", ""),
    r"[a-zA-Z0-9\s._:/=+@-]*": ("", "a", ""),
    r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)": ("", "ä", ""),
    r"(fs-[0-9a-f]{8,})": ("fs-01234567", "a", ""),
    r"(https|s3)://([^/]+)/?(.*)": ("s3://b/", "a", ""),
    r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,50}": ("a", "-", "a"),
    r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}": ("a", "-", "a"),
    r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}": ("a", "-", "a"),
    r"[a-zA-Z0-9]([_-]*[a-zA-Z0-9]){0,63}": ("a", "-", "a"),
    r"[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}": ("a", ".", ""),
    r"[a-zA-Z0-9]{1,256}(-*[a-zA-Z0-9]){0,256}": ("a", "-", "a"),
    r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*": ("", "\U0001f600", ""),
}
PREFIXED_TEXTS = (
    ("arn:aws", "a", ":sagemaker:us-west-2:123456789012:algorithm/a"),
    ("", "0", "32K"),
    ("arn:aws:iam::123456789012:role/", "a", ""),
    ("s3://abc/", "a", ""),
    ("alias/", "a", ""),
    ("123456789012.dkr.ecr.us-west-2.amazonaws.com/a:", "a", ""),
    ("arn:aws:braket:us-west-2:123456789012:", "a", ""),
    ("arn:aws:lambda:us-west-2:123456789012:function:", "a", ""),
    ("arn:aws:sagemaker:us-west-2:123456789012:training-plan/", "a", ""),
    ("arn:aws:sagemaker:us-west-2:aws:hub-content/a", "-", "a/DataSet/a/1.0.0"),
    ("arn:aws:sagemaker:us-west-2:aws:hub-content/a", "-", "a/Model/a/1.0.0"),
    ("arn:aws:sagemaker:us-west-2:123456789012:mlflow-app/", "a", ""),
    ("arn:aws:sagemaker:us-west-2:123456789012:model-package-group/", "a", ""),
    ("arn:aws:sagemaker:us-west-2:123456789012:model-package/", "a", ""),
    ("", "a", ""),
)
# Of the patterns that Python cannot compile, one text each that Java would not match.
UNMATCHED = {
    r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)": "a\n",
    r"arn:[\p{Alnum}\-]+:lambda:[\p{Alnum}\-]+:[0-9]{12}:function:.*": "arn:a:lambda:ä:123456789012:function:",
    r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*": "a\x01",
}
# Rules across fields that narrow what the model allows a text to be.
NARROWED = {"request.ProcessingInputs[0].S3Input.LocalPath": ("/opt/ml/processing/", "a", "")}

REASONS = {
    "least 0": "no length, size or count is below 0",
    "any text": "the pattern matches every text that the lengths allow",
    "filled in": "required by the provider, filled in by Jobchute: the document without it is accepted",
    "read-only": "in the input shape, but not accepted by the create call: refused whatever it is",
    "one member": "the union has one member, so two at once are an unknown key",
}


@dataclass(frozen=True)
class Case:
    """One constraint at one path: a broken document and its twin, or why one of them cannot be."""

    api: Api
    path: str
    constraint: str
    code: Code | None
    broken: Any = None
    twin: Any = None
    reason: str = ""


Put = Callable[[Any], Any]


def input_shape(api: Api) -> StructureShape:
    service, operation = api.split(":")
    shape = botocore.session.Session().get_service_model(service).operation_model(operation).input_shape
    assert shape is not None
    return shape


def text_parts(pattern: str, path: str = "") -> tuple[str, str, str]:
    if path in NARROWED:
        return NARROWED[path]
    if pattern in TEXTS:
        return TEXTS[pattern]
    return next(parts for parts in PREFIXED_TEXTS if compiled(pattern).fullmatch("".join(parts)))


def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(r"\p{Alnum}", "a-zA-Z0-9"))


def text(shape: Shape, length: int | None = None, path: str = "") -> str:
    """A text that matches the shape's pattern, of this length where it is given."""
    head, filler, tail = text_parts(shape.metadata.get("pattern", ""), path)
    least = len(head) + len(tail)
    if length is None:
        length = max(shape.metadata.get("min", 0), least + bool(filler))
    return (head + filler * max(length - least, 0) + tail) if length >= least else (head + tail)[:length]


def minimal(shape: Shape) -> Any:
    """The least value that the model and the rules across fields accept."""
    match shape:
        case StructureShape():
            value = {
                name: minimal(member)
                for name, member in shape.members.items()
                if name in shape.required_members and name not in FILLED_IN
            }
            return value | completed(shape)
        case ListShape():
            return [minimal(shape.member)] if shape.metadata.get("min") else []
        case MapShape():
            return {}
        case StringShape() if shape.enum:
            return shape.enum[0]
        case StringShape():
            return text(shape)
    if shape.type_name == "boolean":
        return True
    return 100 if "ProfilingInterval" in shape.name else max(shape.metadata.get("min", 1), 1)


def completed(shape: StructureShape) -> dict[str, Any]:
    """What the rules across fields ask for beyond the model's required members."""
    members = shape.members
    wanted: dict[str, tuple[str, ...]] = {
        "CreateTrainingJobRequest": ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition"),
        "ResourceConfig": ("InstanceType", "InstanceCount"),
        "InstancePreference": ("InstanceCount",),
        "ProcessingInstancePreference": ("InstanceCount",),
        "DatasetDefinition": ("AthenaDatasetDefinition", "LocalPath"),
        "ProcessingInput": ("S3Input",),
        "ProcessingOutput": ("S3Output",),
        "ProcessingClusterConfig": ("InstanceType",),
        "ModelInvocationJobInputDataConfig": ("s3InputDataConfig",),
        "ModelInvocationJobOutputDataConfig": ("s3OutputDataConfig",),
    }
    value = {name: minimal(members[name]) for name in wanted.get(shape.name, ())}
    if shape.name == "ProcessingS3Input":
        value["LocalPath"] = "/opt/ml/processing/a"
    if shape.name == "AlgorithmSpecification":
        name = "TrainingImage" if "TrainingImage" in members else "containerImage"
        value[name] = minimal(members[name])
    if shape.name == "DataSource" and "S3DataSource" in members:
        value["S3DataSource"] = minimal(members["S3DataSource"])
    return value


def repaired(document: Any) -> Any:
    """The document with what the rules across fields ask for, once a case has set one value."""
    if not isinstance(document, dict):
        return document
    document = copy.deepcopy(document)
    algorithm = fields(document.get("AlgorithmSpecification"))
    if "AlgorithmName" in algorithm:
        algorithm.pop("TrainingImage", None)
    resources = fields(document.get("ResourceConfig"))
    if resources.get("InstanceGroups"):
        resources.pop("InstanceType", None)
        resources.pop("InstanceCount", None)
    cluster = fields(fields(document.get("ProcessingResources")).get("ClusterConfig"))
    for config in (resources, cluster):
        if config.get("InstancePreferences"):
            config.pop("InstanceType", None)
            config.pop("InstanceCount", None)
    condition = fields(document.get("StoppingCondition"))
    if "MaxWaitTimeInSeconds" in condition:
        condition.pop("MaxRuntimeInSeconds", None)
        document["EnableManagedSpotTraining"] = True
    for channel in objects(document.get("InputDataConfig")):
        source = fields(channel.get("DataSource"))
        if "FileSystemDataSource" in source or "DatasetSource" in source:
            source.pop("S3DataSource", None)
        if fields(source.get("S3DataSource")).get("S3DataType") == "AugmentedManifestFile":
            channel["InputMode"] = "Pipe"
    for item in objects(document.get("ProcessingInputs")):
        if "DatasetDefinition" in item:
            item.pop("S3Input", None)
        definition = fields(item.get("DatasetDefinition"))
        if "RedshiftDatasetDefinition" in definition:
            definition.pop("AthenaDatasetDefinition", None)
        source = fields(item.get("S3Input"))
        if source.get("S3CompressionType") == "Gzip":
            source["S3InputMode"] = "Pipe"
    for output in objects(fields(document.get("ProcessingOutputConfig")).get("Outputs")):
        if "FeatureStoreOutput" in output:
            output.pop("S3Output", None)
            output["AppManaged"] = True
    serverless = fields(document.get("ServerlessJobConfig"))
    if serverless.get("JobType") == "Evaluation":
        serverless["EvaluationType"] = "LLMAJEvaluation"
    return document


def fields(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def enum_of(shape: Shape) -> list[str]:
    return shape.enum if isinstance(shape, StringShape) else []


def many(shape: ListShape, count: int) -> list[Any]:
    """A list of this many items that differ where they must."""
    items = [copy.deepcopy(minimal(shape.member)) for _ in range(count)]
    if not isinstance(shape.member, StructureShape):
        return items
    for index, item in enumerate(items):
        for name, member in shape.member.members.items():
            if name.endswith(("Name", "Key")) or name in ("key", "channelName"):
                item[name] = f"n{index}"
            if name == "InstanceType" and shape.name.endswith("PreferenceList"):
                item[name] = enum_of(member)[index]
        if "S3Input" in item:
            item["S3Input"]["LocalPath"] = f"/opt/ml/processing/{index}"
    return items


@cache
def cases(api: Api) -> list[Case]:
    return list(cases_of(api, input_shape(api), "request", repaired))


def cases_of(api: Api, shape: Shape, path: str, put: Put) -> Iterator[Case]:
    match shape:
        case StructureShape():
            yield from structure_cases(api, shape, path, put)
        case ListShape():
            yield from size_cases(api, shape, path, put, lambda count: many(shape, count))
            yield from cases_of(api, shape.member, f"{path}[0]", lambda value: put([value]))
        case MapShape():
            entries = minimal(shape.value)
            yield from size_cases(
                api, shape, path, put, lambda count: {f"k{index}": entries for index in range(count)}
            )
            yield from key_cases(api, shape, path, put)
            yield from cases_of(api, shape.value, f"{path}.{KEY}", lambda value: put({KEY: value}))
        case StringShape():
            yield from text_cases(api, shape, path, put)
        case _:
            yield from number_cases(api, shape, path, put)
    wrong: Any = {} if isinstance(shape, ListShape) else []
    twin = text(shape, None, path) if path in NARROWED else minimal(shape)
    yield Case(api, path, "type", Code.WRONG_TYPE, put(wrong), put(twin))
    if path != "request":
        yield Case(api, path, "null", Code.WRONG_TYPE, put(None), put(twin))


def structure_cases(api: Api, shape: StructureShape, path: str, put: Put) -> Iterator[Case]:
    whole = minimal(shape)
    unknown = Code.UNKNOWN_KEY
    yield Case(
        api, f"{path}.NoSuchMember", "no other key", unknown, put({**whole, "NoSuchMember": 1}), put(whole)
    )
    if getattr(shape, "is_tagged_union", False):
        yield Case(api, path, "union", Code.NOT_ONE_OF, put({}), put(whole))
        yield Case(api, path, "union", None, reason="one member")
        assert len(shape.members) == 1
    for name, member in shape.members.items():
        inner = f"{path}.{name}"
        if name in READ_ONLY:
            yield Case(
                api, inner, "read-only", Code.READ_ONLY, put({**whole, name: minimal(member)}), put(whole)
            )
            yield Case(api, inner, "all others", None, reason="read-only")
            continue
        if name in shape.required_members and name in FILLED_IN:
            yield Case(api, inner, "required", None, twin=put(whole), reason="filled in")
        elif name in shape.required_members:
            without = {key: value for key, value in whole.items() if key != name}
            yield Case(api, inner, "required", Code.MISSING, put(without), put(whole))
        yield from cases_of(api, member, inner, member_put(put, whole, name))


def member_put(put: Put, whole: dict[str, Any], name: str) -> Put:
    return lambda value: put({**whole, name: value})


def size_cases(api: Api, shape: Shape, path: str, put: Put, sized: Callable[[int], Any]) -> Iterator[Case]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least == 0:
        yield Case(api, path, "least size", None, twin=put(sized(0)), reason="least 0")
    elif least is not None:
        yield Case(api, path, "least size", Code.TOO_FEW, put(sized(least - 1)), put(sized(least)))
    if most is not None:
        yield Case(api, path, "greatest size", Code.TOO_MANY, put(sized(most + 1)), put(sized(most)))


def key_cases(api: Api, shape: MapShape, path: str, put: Put) -> Iterator[Case]:
    entry = minimal(shape.value)

    def key_path(key: str) -> str:
        simple = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key)
        shown = key if len(key) <= 300 else key[:300] + "…"
        escaped = shown.replace("\n", "\\n")
        return f"{path}.{key}" if simple else f'{path}["{escaped}"]'

    for case in text_cases(api, shape.key, "", lambda key: {"key": key}):
        broken, twin = fields(case.broken).get("key"), fields(case.twin).get("key")
        yield Case(
            api,
            key_path(broken) if broken is not None else f"{path}{{key}}",
            f"key: {case.constraint}",
            case.code,
            None if broken is None else put({broken: entry}),
            None if twin is None else put({twin: entry}),
            case.reason,
        )


def text_cases(api: Api, shape: Shape, path: str, put: Put) -> Iterator[Case]:
    if enum_of(shape):
        for value in enum_of(shape):
            yield Case(api, path, "enum", Code.NOT_ALLOWED_VALUE, put(f"{value}?"), put(value))
        return
    least, most, pattern = (shape.metadata.get(name) for name in ("min", "max", "pattern"))
    if least == 0:
        yield Case(api, path, "least length", None, twin=put(text(shape, None, path)), reason="least 0")
    elif least is not None:
        shortest = text(shape, least, path)
        is_possible = (
            pattern is None or "{L}" in pattern or "uD7FF" in pattern or compiled(pattern).fullmatch(shortest)
        )
        twin = shortest if is_possible else text(shape, None, path)
        yield Case(api, path, "least length", Code.TOO_SHORT, put(shortest[:-1]), put(twin))
    if most is not None:
        long = text(shape, most + 1, path)
        yield Case(api, path, "greatest length", Code.TOO_LONG, put(long), put(text(shape, most, path)))
    if pattern in (r"[\s\S]+", r"[\S\s]*"):
        yield Case(api, path, "pattern", None, twin=put("any\ntext"), reason="any text")
    elif pattern is not None:
        twin = text(shape, None, path)
        yield Case(api, path, "pattern", Code.PATTERN, put(unmatched(pattern, twin)), put(twin))
        if pattern not in UNMATCHED and not re.fullmatch(pattern, twin + "\n"):
            yield Case(
                api, path, "pattern to the end", Code.PATTERN, put(twin[: (most or 99) - 1] + "\n"), put(twin)
            )


def unmatched(pattern: str, matched: str) -> str:
    """A text near `matched` that the pattern, by Python's engine, does not match in full."""
    if pattern in UNMATCHED:
        return UNMATCHED[pattern]
    assert re.fullmatch(pattern, matched), (pattern, matched)
    changed = ("#" + matched[1:], matched[:-1] + "\n", matched[:-1] + "#")
    return next(candidate for candidate in changed if not re.fullmatch(pattern, candidate))


def number_cases(api: Api, shape: Shape, path: str, put: Put) -> Iterator[Case]:
    wrong: Any
    if shape.type_name == "boolean":
        for wrong in ("true", 1):
            yield Case(api, path, "strict type", Code.WRONG_TYPE, put(wrong), put(True))
        return
    for wrong in ("1", 1.0, True):
        yield Case(api, path, "strict type", Code.WRONG_TYPE, put(wrong), put(minimal(shape)))
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None:
        yield Case(api, path, "least", Code.TOO_SMALL, put(least - 1), put(least))
    if most is not None:
        yield Case(api, path, "greatest", Code.TOO_LARGE, put(most + 1), put(most))


@pytest.mark.parametrize("api", AWS_APIS)
def test_every_twin_is_accepted(api: Api) -> None:
    refused = {
        f"{case.constraint} at {case.path}": problems
        for case in cases(api)
        if case.twin is not None and (problems := problems_in(api, case.twin))
    }
    assert refused == {}


@pytest.mark.parametrize("api", AWS_APIS)
def test_every_broken_constraint_is_refused_at_its_path(api: Api) -> None:
    missed = {}
    for case, problems in refusals(api):
        if (case.path, case.code) not in {(p.path, p.code) for p in problems}:
            missed[f"{case.constraint} at {case.path}"] = problems
    assert missed == {}


@pytest.mark.parametrize("api", AWS_APIS)
def test_a_broken_document_is_broken_at_that_path_alone(api: Api) -> None:
    """But for what a rule across fields derives from the value that was changed."""
    elsewhere = {}
    for case, problems in refusals(api):
        others = [problem for problem in problems if not on_one_line(problem.path, case.path)]
        if others:
            elsewhere[f"{case.constraint} at {case.path}"] = others
    assert elsewhere == {}


@cache
def refusals(api: Api) -> list[tuple[Case, list[Problem]]]:
    """Every broken document of an API with what is found wrong with it."""
    return [(case, problems_in(api, case.broken)) for case in cases(api) if case.broken is not None]


def on_one_line(path: str, other: str) -> bool:
    return path.startswith(other) or other.startswith(path)


def test_nothing_is_left_out_without_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    everything = [case for api in AWS_APIS for case in cases(api)]
    assert all(case.broken is not None or case.reason in REASONS for case in everything)
    count = Counter((case.api, "left out" if case.broken is None else "broken") for case in everything)
    reasons = Counter(case.reason for case in everything if case.broken is None)
    with capsys.disabled():
        print("\nconstraints, each with a broken document and its twin:")  # noqa: T201
        for api in AWS_APIS:
            print(f"  {api}: {count[api, 'broken']}, and {count[api, 'left out']} that cannot be broken")  # noqa: T201
        for reason, number in reasons.items():
            print(f"  {number} x {REASONS[reason]}")  # noqa: T201
    assert sum(number for (_, kind), number in count.items() if kind == "broken") > 1900


def test_every_length_size_range_pattern_and_list_of_values_in_the_models_has_its_case() -> None:
    """The walk above against a plain count of the traits, so that it cannot lose a branch unseen."""
    for api in AWS_APIS:
        wanted: Counter[str] = Counter()

        def count(shape: Shape, wanted: Counter[str] = wanted) -> None:
            if enum_of(shape):
                wanted["enum"] += len(enum_of(shape))
            else:
                wanted.update(name for name in ("min", "max", "pattern") if name in shape.metadata)
            match shape:
                case StructureShape():
                    wanted["required"] += len(shape.required_members)
                    for name, member in shape.members.items():
                        if name not in READ_ONLY:
                            count(member)
                case ListShape():
                    count(shape.member)
                case MapShape():
                    count(shape.key)
                    count(shape.value)

        count(input_shape(api))
        kinds = {
            "least": "min",
            "greatest": "max",
            "pattern": "pattern",
            "enum": "enum",
            "required": "required",
        }
        found = Counter(
            kinds[case.constraint.removeprefix("key: ").split(" ")[0]]
            for case in cases(api)
            if case.constraint.removeprefix("key: ").split(" ")[0] in kinds
            and case.constraint[-6:] != "to the end"[-6:]
        )
        assert found == wanted, api
