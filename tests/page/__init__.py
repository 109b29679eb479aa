"""A browser for tests of the page, and what is asked of every page that it shows."""
