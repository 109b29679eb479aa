"""The providers: one folder per API, below the folder of its service."""
