"""The few public pages, in the reader's language; usable without JavaScript, in the dark, by keyboard and screen reader."""

from jinja2 import DictLoader, Environment

from distro.flow.reading import LinkReader
from distro.letter.labels import labels_of
from distro.model import is_right_to_left

_PAGE = """<!doctype html>
<html lang="{{ language }}" dir="{{ direction }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{ title }}</title>
<style>
:root { color-scheme: light dark; --ink: #1b1f23; --quiet: #59626b; --page: #fff; --sea: #0b5570; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --quiet: #a5adb5; --page: #15181b; --sea: #83c5de; } }
body { margin: 0; background: var(--page); color: var(--ink); font: 17px/28px "Segoe UI", -apple-system, BlinkMacSystemFont, Roboto, Helvetica, Arial, sans-serif; }
main { max-width: 552px; margin: 0 auto; padding: 24px; }
.house { font: bold 20px/28px Georgia, "Times New Roman", serif; border-bottom: 2px solid var(--ink); padding-bottom: 12px; margin: 0 0 24px; }
h1 { font: bold 28px/36px Georgia, "Times New Roman", serif; margin: 0 0 16px; text-wrap: balance; }
p { margin: 0 0 16px; } .quiet { color: var(--quiet); overflow-wrap: anywhere; }
button { font: bold 17px/28px inherit; font-family: inherit; font-size: 17px; font-weight: bold; min-height: 48px; padding: 8px 24px; border: 2px solid var(--sea); border-radius: 4px; background: var(--sea); color: var(--page); cursor: pointer; }
button:focus-visible { outline: 3px solid var(--ink); outline-offset: 3px; }
</style>
</head>
<body><main>
{% if house %}<p class="house">{{ house }}</p>{% endif %}
<h1>{{ title }}</h1>
{% if text %}<p class="quiet">{{ text }}</p>{% endif %}
{% if button %}<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click"><button type="submit">{{ button }}</button></form>{% endif %}
</main></body>
</html>
"""


class Pages:
    """Renders the public pages."""

    def __init__(self) -> None:
        env = Environment(loader=DictLoader({"page.html": _PAGE}), autoescape=True)
        self._page = env.get_template("page.html")

    def ask(self, reader: LinkReader) -> str:
        """The page with one button."""
        words = labels_of(reader.language)
        return self._render(reader, words.unsubscribe_ask.format(house=reader.house), reader.address, words.unsubscribe_button)

    def done(self, reader: LinkReader) -> str:
        """After the button."""
        words = labels_of(reader.language)
        return self._render(reader, words.unsubscribed, words.unsubscribed_more.format(house=reader.house, address=reader.address))

    def message(self, text: str) -> str:
        """A page that says one thing."""
        return self._page.render(language="en", direction="ltr", title=text)

    def trouble(self) -> str:
        """Something of ours is down; the reader's wish was not taken."""
        return self._page.render(language="en", direction="ltr", title="Please try again in a minute.", text="Our system is restarting. Nothing was changed yet.")

    def _render(self, reader: LinkReader, title: str, text: str, button: str = "") -> str:
        direction = "rtl" if is_right_to_left(reader.language) else "ltr"
        return self._page.render(language=reader.language, direction=direction, house=reader.house, title=title, text=text, button=button)
