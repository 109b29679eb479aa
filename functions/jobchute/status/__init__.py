"""What people are told: status documents, events and links to the console."""
