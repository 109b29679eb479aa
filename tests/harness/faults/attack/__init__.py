"""Attacks of one sender on the others: what he sends, while forty innocent documents are sent beside it."""
