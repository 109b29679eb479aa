"""sagemaker:CreateProcessingJob."""
