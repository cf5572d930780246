"""The running product in Chromium."""
