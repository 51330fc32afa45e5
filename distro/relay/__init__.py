"""Outgoing SMTP: a pipelined client, a pool of connections, replies judged in one place."""
