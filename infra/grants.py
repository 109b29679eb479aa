"""What each function may do: every grant but those of the event sources that feed it (infra.function).

What may be done at the providers comes from their specs (infra.providers).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_stepfunctions as sfn

from infra import providers
from infra.configuration import Configuration
from infra.encryption import Encryption
from infra.function import Function
from infra.resources import Resources
from jobchute.ledger.table import BY_DUE, BY_PROVIDER_ID, BY_QUEUE, BY_SOURCE, BY_STATE
from jobchute.providers.registry import SPECS
from jobchute.status.documents import STATUS_FOLDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Functions:
    validate: Function
    dispatch: Function
    expire: Function
    observe: Function
    reconcile: Function
    announce: Function

    def __iter__(self) -> Iterator[Function]:
        yield from (self.validate, self.dispatch, self.expire, self.observe, self.reconcile, self.announce)


def draw(
    stack: cdk.Stack,
    functions: Functions,
    to: Resources,
    state_machine: sfn.IStateMachine,
    configuration: Configuration,
) -> None:
    """Every function gets explicit actions on explicit resources, and nothing else."""
    _ledger(functions, to.ledger.table.table_arn)
    if configuration.budgets is not None:
        _budgets(functions, to.ledger.table.table_arn)
    _providers(stack, functions, configuration)
    for function in (functions.validate, functions.dispatch, functions.expire, functions.reconcile):
        # Fireworks sends no events, so `observe` makes no calls there.
        function.allow(["secretsmanager:GetSecretValue"], [_fireworks_arn(stack, to.fireworks, configuration)])
    _objects(stack, functions, to.intake.bucket, configuration)
    _manifests(stack, functions, configuration)
    functions.validate.allow(["sqs:SendMessage"], [to.intake.messages.queue.queue_arn])
    _dead_letters(functions.reconcile, to)
    for queue in to.other_queues.values():
        # To check its settings.
        functions.reconcile.allow(["sqs:GetQueueAttributes"], [queue.queue_arn])
    _executions(functions, to.state_machine_arn, state_machine, configuration)
    for announcer in (functions.announce, functions.reconcile):
        # Events of jobs, and of files that have ended.
        announcer.allow(["events:PutEvents"], [to.bus.event_bus_arn])
    _key(functions, to.encryption)


def _ledger(functions: Functions, table: str) -> None:
    for function in functions:
        # The lanes of a pool, and the task tokens of a job that has ended, are queried.
        # Any function that ends a job may create the row of a new pool: for a dependent job, or for the next
        # attempt with an alternative.
        function.allow(
            ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"], [table]
        )
        function.allow(["dynamodb:Query"], [f"{table}/index/{BY_QUEUE}"])
    validate, observe, reconcile = functions.validate, functions.observe, functions.reconcile
    # It deletes the rows of unused pools, and of dead letters that are no longer there.
    reconcile.allow(["dynamodb:BatchGetItem", "dynamodb:DeleteItem"], [table])
    observe.allow(["dynamodb:Query"], [f"{table}/index/{BY_PROVIDER_ID}"])
    reconcile.allow(["dynamodb:Query"], [f"{table}/index/{BY_DUE}", f"{table}/index/{BY_STATE}"])
    # The jobs of a file are counted until all have ended.
    reconcile.allow(["dynamodb:Query"], [f"{table}/index/{BY_SOURCE}"])
    # A file is cancelled with its jobs, in all of its versions.
    validate.allow(["dynamodb:Query"], [f"{table}/index/{BY_SOURCE}"])
    validate.allow(["dynamodb:BatchGetItem"], [table])


def _budgets(functions: Functions, table: str) -> None:
    """A transaction needs the actions of its writes, which the functions have, and these."""
    functions.validate.allow(["dynamodb:ConditionCheckItem"], [table])
    # A job that ends while it waits for its budget leaves an item.
    for ender in (functions.validate, functions.announce):
        ender.allow(["dynamodb:DeleteItem"], [table])


def _providers(stack: cdk.Stack, functions: Functions, configuration: Configuration) -> None:
    for submitter in (functions.dispatch, functions.reconcile):
        providers.grant(stack, submitter, lambda iam: (*iam.find, iam.cancel))
        providers.grant_create(stack, submitter, configuration)
        providers.grant_pass_role(submitter, configuration.guard_rails.roles)
    for observer in (functions.expire, functions.observe, functions.reconcile):
        providers.grant(stack, observer, lambda iam: [iam.read])
    providers.grant(stack, functions.reconcile, lambda iam: [iam.list])
    for stopper in (functions.validate, functions.expire):
        providers.grant(stack, stopper, lambda iam: [iam.cancel])


def _fireworks_arn(stack: cdk.Stack, secret: secretsmanager.ISecret, configuration: Configuration) -> str:
    if configuration.embedded is None:
        return secret.secret_arn
    # There a reference to a secret yields its name (MiniStack 1.5.33), not its ARN.
    return stack.format_arn(
        service="secretsmanager",
        resource="secret",
        resource_name=f"{secret.secret_arn}-??????",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )


def _objects(stack: cdk.Stack, functions: Functions, bucket: s3.IBucket, configuration: Configuration) -> None:
    others = [f"arn:{stack.partition}:s3:::{name}" for name in configuration.buckets]
    functions.validate.allow(
        ["s3:GetObject", "s3:GetObjectVersion"],
        [bucket.arn_for_objects("requests/*"), *(f"{other}/*" for other in others)],
    )
    # Without it S3 answers a missing object with AccessDenied instead of NoSuchKey.
    functions.validate.allow(["s3:ListBucket"], [bucket.bucket_arn, *others])
    for writer in (functions.validate, functions.announce):
        writer.allow(["s3:PutObject"], _statuses(bucket))


def _manifests(stack: cdk.Stack, functions: Functions, configuration: Configuration) -> None:
    """Where it is switched on, the functions that describe ended jobs read the counts that the jobs left."""
    names = [spec.records.manifest for spec in SPECS.values() if spec.records]
    arns = [
        f"arn:{stack.partition}:s3:::{bucket}/*/{name}"
        for bucket in configuration.manifest_buckets
        for name in names
    ]
    for observer in (functions.expire, functions.observe, functions.reconcile) if arns else ():
        observer.allow(["s3:GetObject"], arns)


def _statuses(bucket: s3.IBucket) -> list[str]:
    return [bucket.arn_for_objects(f"{folder}*") for folder in STATUS_FOLDERS]


def _dead_letters(reconcile: Function, to: Resources) -> None:
    """To read the dead letters."""
    for queue in to.dead_letters.values():
        queue.grant(reconcile, "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility")
    # An announcement that failed for a passing reason is repeated, and its dead letter deleted.
    reconcile.allow(["sqs:DeleteMessage"], [to.dead_letters["StreamFailures"].queue_arn])
    reconcile.allow(["s3:GetObject", "s3:PutObject"], _statuses(to.intake.bucket))
    reconcile.allow(["s3:ListBucket"], [to.intake.bucket.bucket_arn])


def _executions(
    functions: Functions, state_machine_arn: str, state_machine: sfn.IStateMachine, configuration: Configuration
) -> None:
    """A function that ends a job starts the next one's execution."""
    for starter in functions:
        starter.allow(["states:StartExecution"], [state_machine_arn])
    functions.reconcile.allow(["states:ListExecutions"], [state_machine.state_machine_arn])
    is_embedded = configuration.embedded is not None
    # The embedded AWS authorizes SendTask* against "*"; AWS accepts the state machine's ARN.
    functions.announce.allow(
        ["states:SendTaskFailure", "states:SendTaskSuccess"],
        ["*" if is_embedded else state_machine.state_machine_arn],
    )


def _key(functions: Functions, encryption: Encryption) -> None:
    """Functions that read encrypted data decrypt it; functions that write it have data keys generated."""
    for reader in (functions.dispatch, functions.expire, functions.observe):
        encryption.grant(reader.execution_role, ["kms:Decrypt"])
    for writer in (functions.validate, functions.reconcile, functions.announce):
        encryption.grant(writer.execution_role, ["kms:Decrypt", "kms:GenerateDataKey"])
