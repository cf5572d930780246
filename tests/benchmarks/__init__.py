"""Measurements by command (`make bench`); never part of the tests. Every claim of speed in docs/performance.md comes from here."""
