"""fireworks:CreateBatchInferenceJob."""
