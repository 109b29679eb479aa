"""bedrock:CreateModelInvocationJob."""
