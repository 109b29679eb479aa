"""The pipeline with IAM enforced: `make e2e-iam`. Not collected by pytest; see __main__.py."""
