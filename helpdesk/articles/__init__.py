"""Who reads, writes and publishes articles of the knowledge base."""
