"""What the role of a Braket hybrid job may do.

A job creates quantum tasks of its own, and writes its log and metrics. Amazon's own images are in another
account and may be in another region.

Source: AWS managed policy AmazonBraketJobsExecutionPolicy. Left out of it: other jobs, other buckets, and
passing roles. The reference names no resource for CreateQuantumTask, GetDevice and SearchDevices.
"""

from jobchute.providers.job_role import Statement, pull_images, write_logs_and_metrics

JOB_ROLE = (
    Statement(("braket:CreateQuantumTask", "braket:GetDevice", "braket:SearchDevices")),
    Statement(
        ("braket:CancelQuantumTask", "braket:GetQuantumTask", "braket:TagResource"),
        ("arn:{partition}:braket:{region}:{account}:quantum-task/*",),
    ),
    *pull_images(
        "arn:{partition}:ecr:{region}:{account}:repository/*",
        "arn:{partition}:ecr:*:*:repository/amazon-braket*",
    ),
    *write_logs_and_metrics("/aws/braket"),
)
