"""Status documents, events, and links to the console."""
