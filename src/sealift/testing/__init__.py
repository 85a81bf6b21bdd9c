"""What pack authors test with: a pytest plugin, tests that every pack gets for free, and what both are made of.

The tests run a pack's code in the locked worker, as an upgrade does. ``sealift.testing.in_process`` is the one
exception in all of sealift: it runs the code in the process of the tests, for a debugger, when that is asked for.
"""
