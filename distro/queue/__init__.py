"""Celery carries wake-ups, and nothing else: ids that may be lost or come twice. Only this package
imports celery.
"""
