"""The overview on a terminal: `jobchute status` shows it once, `jobchute top` live."""
