"""A request document: what it asks for, and whether it may."""
