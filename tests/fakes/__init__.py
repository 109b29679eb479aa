"""In-memory stand-ins for what Jobchute talks to, with a hook for faults at every call."""
