"""Packs as bytes: finding them, reading them, and building them on the author's side."""
