"""What the texts among the context values look like."""

from typing import Annotated

from pydantic import StringConstraints

from jobchute.requests.labels import LABEL_NAME
from jobchute.requests.owners import OWNER_NAME

RoleArn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/*-]+$")]
EmailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
TopicArn = Annotated[
    str, StringConstraints(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$")
]
S3Prefix = Annotated[
    str, StringConstraints(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/*?]+)*/?$", max_length=1024)
]
# CloudFormation API reference, CreateStack, StackName.
StackName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,127}$")]
# A pattern that could match no instance type, or no device, would refuse every job.
InstanceTypePattern = Annotated[
    str,
    StringConstraints(pattern=r"^(ml\.[a-z0-9.*-]{1,61}|m?l?\*[a-z0-9.*-]{0,61}|serverless)$"),
]
DevicePattern = Annotated[
    str,
    StringConstraints(
        pattern=r"^(arn:[A-Za-z0-9:/._*-]+|local:[A-Za-z0-9:/._*-]+|\*[A-Za-z0-9:/._*-]*)$", max_length=256
    ),
]
NamePattern = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:/._@*+-]{1,512}$")]
LabelName = Annotated[str, StringConstraints(pattern=f"^{LABEL_NAME.pattern}$")]
KeyArn = Annotated[
    str,
    StringConstraints(pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f-]{36})$"),
]
# A FIFO queue's dead letters would want a FIFO queue.
QueueArn = Annotated[
    str, StringConstraints(pattern=r"^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}$")
]
BucketName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
OwnerName = Annotated[str, StringConstraints(pattern=f"^{OWNER_NAME.pattern}$")]
# IAM's unique ids have 16 to 128 characters, a role session's name 2 to 64 (API references of IAM and STS).
PrincipalId = Annotated[
    str,
    StringConstraints(pattern=r"^(AIDA[A-Z0-9]{12,124}|AROA[A-Z0-9]{12,124}(:[A-Za-z0-9_+=,.@-]{2,64})?)$"),
]
