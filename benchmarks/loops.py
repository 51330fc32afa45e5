"""The same 40 KB work in the ways of every script, into smtp-sink; letters a second beside ours.

usage: python benchmarks/loops.py [LETTERS=3000]

EmailMessage with smtplib on one connection, and with aiosmtplib on twenty (pip installs it into a
temporary environment).
"""

import smtplib
import subprocess
import sys
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path

from peers import installed
from running import Running, smtp_sink
from wire import fitted

_SIDE_BY_SIDE = """
import asyncio, sys, time
import aiosmtplib
from email.message import EmailMessage

port, letters, text = int(sys.argv[1]), int(sys.argv[2]), sys.stdin.read()

async def lane(first):
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False) as client:
        for n in range(first, letters, 20):
            message = EmailMessage()
            message["From"], message["To"], message["Subject"] = "press@press.example", f"reader{n}@a.example", "Winter plan"
            message["List-Unsubscribe"] = f"<https://press.example/u/1.{n}.abcdef>"
            message.set_content(text[: len(text) // 3])
            message.add_alternative("<html><body><p>" + text[len(text) // 3:] + "</p></body></html>", subtype="html")
            await client.send_message(message)

async def main():
    await asyncio.gather(*map(lane, range(20)))

began = time.perf_counter()
asyncio.run(main())
print(letters / (time.perf_counter() - began))
"""  # noqa: E501


def loop(port: int, text: str, letters: int) -> float:
    """One connection, a message built for each reader."""
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as client:
        for n in range(letters):
            message = EmailMessage()
            message["From"], message["To"], message["Subject"] = (
                "Press Office <press@press.example>",
                f"Reader {n} <reader{n}@a.example>",
                "Winter plan",
            )
            message["List-Unsubscribe"] = f"<https://press.example/u/1.{n}.abcdef>"
            message.set_content(text[: len(text) // 3])
            message.add_alternative(
                f"<html><body><p>{text[len(text) // 3 :]}</p><a"
                f" href='https://press.example/u/1.{n}.abcdef'>Unsubscribe</a></body></html>",
                subtype="html",
            )
            client.send_message(message)
    return letters / (time.perf_counter() - began)


def side_by_side(folder: Path, port: int, text: str, letters: int) -> float:
    """Twenty connections of aiosmtplib in one process."""
    programs = installed(folder, "aiosmtplib")
    completed = subprocess.run(
        [str(programs / "python"), "-c", _SIDE_BY_SIDE, str(port), str(letters)],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(completed.stdout)


def main(letters: int = 3000) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="distro-b-") as folder,
        smtp_sink() as port,
        Running(Path(folder), relay=port) as installation,
    ):
        installation.book(letters * 10, languages=("en", "es", "fr"))
        files, size = fitted(installation, 0, 40_000)
        result = installation.rest(installation.submit(files))
        ours = (
            letters * 10 / ((int(result["last_accepted_at"]) - int(result["submitted_at"])) / 1000)
        )
        text = "The harbour towns agreed a shared plan for the winter season. " * (size // 66)
        one, twenty = loop(port, text, letters), side_by_side(Path(folder), port, text, letters)
        print(
            f"distro {ours:,.0f}/s; EmailMessage + smtplib {one:,.0f}/s: {ours / one:.1f} x;"
            f" EmailMessage + aiosmtplib, 20 connections {twenty:,.0f}/s: {ours / twenty:.1f} x"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
