"""Carry out what came back: kept raw, matched with a letter, then recorded in ledger and book."""
