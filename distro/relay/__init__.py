"""Outgoing SMTP: pipelined sessions, pools of connections, a balancer over relays; replies judged
in one place.
"""
