"""The order of things, and the only place that knows it: accept → freeze → deliver → record →
sweep.

    accept.py    a release and an expression become a scheduled distribution, or a reason why not
    freeze.py    its audience is fixed and written down, its letters are compiled, its time comes
    deliver.py   batches are claimed, letters sent, outcomes recorded; sender.py gives it a thread
    of its own
    sweep.py     whatever died is repaired, what waits is tried again, what is complete is closed
    turns.py     halt and resume
    office.py    what all of them need: settings, store, keys

Each verb returns what should happen next as `Wake`s; the queue turns those into tasks. A wake-up
may be lost or come twice.
"""
