"""What Fireworks' API reference says of the members of CreateBatchJob, shortened."""

DOCS = {
    "BatchJob.nodePoolId": "The node pool that the batch job runs on.",
    "BatchJob.displayName": (
        "Human-readable display name of the batch job. Must be fewer than 64 characters long."
    ),
    "BatchJob.environmentId": (
        "The ID of the environment that this batch job should use, e.g. my-env. "
        "If specified, imageRef must not be specified."
    ),
    "BatchJob.snapshotId": (
        "The ID of the snapshot used by this batch job. "
        "If specified, environmentId must be specified and imageRef must not be specified."
    ),
    "BatchJob.imageRef": (
        "The container image used by this job. "
        "If specified, environmentId and snapshotId must not be specified."
    ),
    "BatchJob.numRanks": (
        "For GPU node pools: one GPU per rank with host packing; for CPU node pools: one host per rank."
    ),
    "BatchJob.envVars": "Environment variables to be passed during this job's execution.",
    "BatchJob.role": (
        "The ARN of the AWS IAM role that the batch job should assume. "
        "If not specified, the connection falls back to the node pool's node_role."
    ),
    "BatchJob.pythonExecutor": "Execute a Python process.",
    "BatchJob.notebookExecutor": "Execute a notebook file.",
    "BatchJob.shellExecutor": "Execute a shell script.",
    "BatchJob.annotations": (
        "Arbitrary, user-specified metadata. Keys and values must adhere to the Kubernetes constraints on "
        'annotations. The "fireworks.ai/" prefix is reserved.'
    ),
    "BatchJob.shared": (
        "Whether the batch job is shared with all users in the account. This allows all users to update, "
        "delete, clone, and create environments using the batch job."
    ),
    "PythonExecutor.targetType": "The type of Python target to run: a module or a file name.",
    "PythonExecutor.target": "The module or file name to run.",
    "PythonExecutor.args": "Command line arguments to pass to the Python process.",
    "NotebookExecutor.notebookFilename": "Path to a notebook file to be executed.",
    "ShellExecutor.command": "Command to be executed in the shell.",
}
