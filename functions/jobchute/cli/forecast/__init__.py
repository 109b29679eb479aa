"""When waiting jobs may start: a queue simulated forward, with recent run times and arrivals. Pure."""
