"""The life of a distribution, and the only place that knows its order.

    submission         a release and an expression become a plan, then a scheduled distribution
    freeze             the audience is fixed and written down, the letters are compiled
    deliver, record    batches are claimed, letters sent, outcomes recorded
    retry, in_doubt    what comes after a temporary refusal, and after an unknown end
    sweep              what died is repaired, what waits is tried again, what is complete is closed
    orders, resend     a person halts, resumes, cancels, reschedules, sends again

Each verb returns what should happen next as `Wake`s; the queue turns those into tasks. A wake-up
may be lost or come twice: the ledger decides.
"""
