"""What every module stands on; imports nothing of ours."""
