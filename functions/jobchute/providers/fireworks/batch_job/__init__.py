"""fireworks:CreateBatchJob."""
