"""The cage: the only code that runs beside a pack's. Imports nothing of the host."""
