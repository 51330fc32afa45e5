"""The same 40 KB work in the ways of every script: EmailMessage + smtplib, into smtp-sink; letters a second beside ours.

usage: python benchmarks/loops.py [LETTERS=3000]
"""

import smtplib
import sys
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path

from installation import Installation, smtp_sink
from wire import fitted


def loop(port: int, text: str, letters: int) -> float:
    """One connection, a message built for each reader."""
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as client:
        for n in range(letters):
            message = EmailMessage()
            message["From"], message["To"], message["Subject"] = "Press Office <press@press.example>", f"Reader {n} <reader{n}@a.example>", "Winter plan"
            message["List-Unsubscribe"] = f"<https://press.example/u/1.{n}.abcdef>"
            message.set_content(text[: len(text) // 3])
            message.add_alternative(f"<html><body><p>{text[len(text) // 3:]}</p><a href='https://press.example/u/1.{n}.abcdef'>Unsubscribe</a></body></html>", subtype="html")
            client.send_message(message)
    return letters / (time.perf_counter() - began)


def main(letters: int = 3000) -> int:
    with tempfile.TemporaryDirectory(prefix="distro-b-") as folder, smtp_sink() as port, Installation(Path(folder), relay=port) as office:
        office.book(letters * 10, languages=("en", "es", "fr"))
        files, size = fitted(office, 0, 40_000)
        told = office.rest(office.submit(files))
        ours = letters * 10 / ((int(told["last_accepted_at"]) - int(told["submitted_at"])) / 1000)
        theirs = loop(port, "The harbour towns agreed a shared plan for the winter season. " * (size // 66), letters)
        print(f"distro {ours:,.0f}/s, EmailMessage + smtplib {theirs:,.0f}/s: {ours / theirs:.1f} x")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
