"""sagemaker:CreateTransformJob."""
