"""Words to make texts of."""

_TEXT = """
harbour plan family desk winter council bed register school boat island people region bridge ferry
water market teacher doctor number letter morning evening summer village
"""
WORDS = _TEXT.split()
