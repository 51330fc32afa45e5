"""What happened, for those who ask: summary, one person, export."""
