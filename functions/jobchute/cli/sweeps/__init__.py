"""Jobs that differ in some values, side by side: `jobchute sweep`."""
