"""Inspectors: the house as it stands, read as text and as syntax trees, against its own laws."""
