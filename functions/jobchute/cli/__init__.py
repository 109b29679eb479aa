"""The command-line tool `jobchute`; it is left out of the Lambda asset."""
