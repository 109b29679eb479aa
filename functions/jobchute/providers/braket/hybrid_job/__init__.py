"""braket:CreateJob."""
