"""sagemaker:CreateTrainingJob."""
