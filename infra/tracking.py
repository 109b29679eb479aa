"""The state machine: one execution per job, which waits on a task token and costs nothing meanwhile."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.function import LOG_RETENTION
from jobchute.errors import JobCancelledError, JobFailedError, JobTimedOutError
from jobchute.job import State

ENDS = [error.__name__ for error in (JobFailedError, JobTimedOutError, JobCancelledError)]
LOG_DELIVERY = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
]
TRACES = [
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
]
SUCCESSES = (State.SUCCEEDED, State.PARTIAL)


class Tracking(Construct):
    """On the happy path an execution enters two states, `Wait` and `Dispatch`, however long the job runs.

    name: of the state machine, so that the functions which it calls can know its ARN. Its log group's name
    begins as Step Functions recommends: any other name takes a part of the 5,120 characters that the resource
    policies of CloudWatch Logs have in an account and region (developer guide, "Logging using CloudWatch
    Logs").
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        dispatch: lambda_.IFunction,
        expire: lambda_.IFunction,
        key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        role = self._role(dispatch, expire)
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=name,
            definition_body=sfn.DefinitionBody.from_chainable(self._definition(dispatch, expire)),
            # CDK would grant every version of the functions besides.
            role=role.without_policy_updates(),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=logs.LogGroup(
                    self,
                    "Log",
                    log_group_name=f"/aws/vendedlogs/states/{name}",
                    retention=LOG_RETENTION,
                    removal_policy=cdk.RemovalPolicy.DESTROY,
                    encryption_key=key,
                ),
                # Without the data that go in and out of states.
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
        )

    def _role(self, *functions: lambda_.IFunction) -> iam.Role:
        """May call its tasks, and write its log and traces, which know no resources (Step Functions' guide)."""
        account = cdk.Stack.of(self).account
        assumed_by = iam.ServicePrincipal(
            "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": account}}
        )
        role = iam.Role(self, "Role", assumed_by=assumed_by)
        arns = [function.function_arn for function in functions]
        for actions, resources in ((["lambda:InvokeFunction"], arns), (LOG_DELIVERY, ["*"]), (TRACES, ["*"])):
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
        return role

    def _definition(self, dispatch: lambda_.IFunction, expire: lambda_.IFunction) -> sfn.IChainable:
        not_succeeded = sfn.Fail(
            self,
            "NotSucceeded",
            state_name="Job did not succeed",
            error_path="$.Error",
            cause_path="$.Cause",
        )
        waiting = tasks.LambdaInvoke(
            self,
            "Dispatch",
            state_name="Dispatch",
            comment="Submits the job; its end answers the task token",
            lambda_function=dispatch,
            integration_pattern=sfn.IntegrationPattern.WAIT_FOR_TASK_TOKEN,
            payload=sfn.TaskInput.from_object(
                {"jobId": sfn.JsonPath.string_at("$.jobId"), "taskToken": sfn.JsonPath.task_token}
            ),
            task_timeout=sfn.Timeout.at("$.timeoutSeconds"),
            retry_on_service_exceptions=False,
        )
        # A job's end is no reason to try again; a function that crashed or was throttled is.
        waiting.add_retry(errors=ENDS, max_attempts=0)
        waiting.add_retry(
            errors=[sfn.Errors.TASKS_FAILED],
            interval=cdk.Duration.seconds(2),
            max_attempts=6,
            backoff_rate=2,
            max_delay=cdk.Duration.minutes(2),
            jitter_strategy=sfn.JitterType.FULL,
        )
        waiting.add_catch(not_succeeded, errors=ENDS)
        waiting.add_catch(self._expire(expire), errors=[sfn.Errors.ALL], result_path="$.error")
        turn = sfn.Wait(
            self,
            "Turn",
            state_name="Wait",
            comment="Create calls are spread over time, as the provider's rate allows",
            time=sfn.WaitTime.timestamp_path("$.notBefore"),
        )
        return turn.next(waiting)

    def _expire(self, expire: lambda_.IFunction) -> sfn.IChainable:
        task = tasks.LambdaInvoke(
            self,
            "Expire",
            state_name="Expire",
            comment="The wait is over, or dispatching failed for good: see how the job stands",
            lambda_function=expire,
            payload=sfn.TaskInput.from_object({"jobId": sfn.JsonPath.string_at("$.jobId")}),
            payload_response_only=True,
        )
        over = sfn.Fail(
            self,
            "Over",
            state_name="Wait is over",
            error=JobTimedOutError.__name__,
            cause_path="$.reason",
        )
        ended = sfn.Succeed(self, "Ended", state_name="Job has succeeded")
        is_success = sfn.Condition.or_(
            *(sfn.Condition.string_equals("$.state", str(state)) for state in SUCCESSES)
        )
        choice = sfn.Choice(self, "HasSucceeded", state_name="Has the job succeeded?")
        return task.next(choice.when(is_success, ended).otherwise(over))
