"""The request document: reading it, its envelope, and the five providers' request models."""
