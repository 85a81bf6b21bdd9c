"""Frozen values: what sealift knows and decides on, with no input or output."""
