"""From an SQS message to accepted requests."""
