"""The page in a real browser, over the embedded AWS."""
