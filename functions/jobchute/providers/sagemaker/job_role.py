"""What the role of a SageMaker training or processing job may do.

Images may be of any account: the prebuilt ones of AWS are in accounts of its own, and the policy of a
repository has to allow this account. Built-in algorithms are pulled without the role.

Source: SageMaker developer guide, "How to use SageMaker AI execution roles", CreateTrainingJob API and
CreateProcessingJob API.
"""

from jobchute.providers.job_role import pull_images, write_logs_and_metrics

JOB_ROLE = (
    *pull_images("arn:{partition}:ecr:{region}:*:repository/*"),
    *write_logs_and_metrics("/aws/sagemaker"),
)
