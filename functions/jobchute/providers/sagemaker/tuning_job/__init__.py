"""sagemaker:CreateHyperParameterTuningJob."""
