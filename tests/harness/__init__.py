"""Programs that test what the suite cannot within minutes, and what they share with it."""
