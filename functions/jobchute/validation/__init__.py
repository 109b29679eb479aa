"""A request body against a model and its rules. Knows no API."""
