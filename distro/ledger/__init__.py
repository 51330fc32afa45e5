"""The state of every recipient and the facts behind it: group commits, leases, the journal,
evidence, the audit.
"""
