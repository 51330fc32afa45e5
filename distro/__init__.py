"""distro: a press office's releases to everyone who should have them, once, and an exact account
afterwards.
"""
