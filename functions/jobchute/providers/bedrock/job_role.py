"""What the role of a Bedrock job may do, of both kinds: a customization needs no more than its buckets.

Only inference profiles, which lead to models in several regions, need it to invoke models.

Source: Bedrock user guide, "Create a custom service role for batch inference".
"""

from jobchute.providers.job_role import Statement

JOB_ROLE = (
    Statement(
        ("bedrock:InvokeModel",),
        (
            "arn:{partition}:bedrock:{region}:{account}:inference-profile/*",
            "arn:{partition}:bedrock:{region}:{account}:application-inference-profile/*",
            "arn:{partition}:bedrock:*::foundation-model/*",
        ),
    ),
)
