"""Webhooks out: what happens to distributions, told to other systems (Standard Webhooks 1.0)."""
