"""A request document: what it asks for, and whether the deployment allows it."""
