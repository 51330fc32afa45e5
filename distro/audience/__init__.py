"""The book and who is meant: import, expressions and segments, consent, the frozen audience."""
