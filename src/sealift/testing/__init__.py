"""What pack authors test with."""
