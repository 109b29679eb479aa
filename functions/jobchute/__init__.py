"""Jobchute: a dropped request becomes exactly one job at its provider, tracked to its end."""
