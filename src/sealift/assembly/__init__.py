"""Rooms put together: what the manager and the author's verbs need of several rooms at once."""
