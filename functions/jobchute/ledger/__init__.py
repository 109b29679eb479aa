"""Every DynamoDB expression: jobs, pools, files, object versions, dead letters."""
