"""The two-minute demo: an installation in a temporary folder, a mailbox on this machine, sample
data.
"""
