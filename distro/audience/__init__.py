"""The book and who is meant: import, segments, consent, the frozen audience."""
