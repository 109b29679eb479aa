"""The providers: one folder an API, below the folder of its service."""
