"""Helpers that know nothing of distro: files, processes, languages, codes, inline tasks."""
