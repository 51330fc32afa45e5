"""Webhooks out, to real receivers."""
