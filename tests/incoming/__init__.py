"""What came back, from the message to ledger, book and staff."""
