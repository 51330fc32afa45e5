"""Public pages: unsubscribe, view online, health. A route parses a token, calls, renders; no
logic.
"""
