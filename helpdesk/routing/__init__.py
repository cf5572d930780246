"""Who gets a ticket: round robin or least loaded, within capacities, of those who are there."""
