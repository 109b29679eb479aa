"""Thin clients for S3, SQS and Step Functions, and the shapes of AWS's messages."""
