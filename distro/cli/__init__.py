"""The command line: one file per noun, no logic. Imports happen inside commands, so that `--help`
is quick.
"""
