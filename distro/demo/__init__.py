"""The two-minute demo: a press office in a temporary folder, a mailbox on this machine, sample
data.
"""
