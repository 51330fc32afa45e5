"""Make docs/letters.md and its pictures with Debian's Chromium: every template as readers see it
(`make gallery`).
"""

import html
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

from distro.letter import CompiledLetter, Filler, compile_letter, service_letters
from distro.letter.compile import LetterContext
from distro.letter.slots import Slots
from distro.letter.templates import Templates
from distro.model import NOTICES, Contact, Edition
from distro.submit import read
from distro.tokens import SecretKeys

HERE = Path(__file__).parent
SAMPLE = HERE.parent / "distro" / "demo" / "sample" / "harbour-plan.en.md"
HOUSE = {"en": "Harbour Towns Office", "ar": "مكتب مدن الموانئ"}
ARABIC = Edition(
    language="ar",
    headline="اثنتا عشرة مدينة ساحلية تتفق على تقاسم إنذارات العواصف والمد",
    subhead=(
        "ابتداءً من مارس تصل خدمة مشتركة إلى الصيادين والمدارس والعيادات عبر الإذاعة والرسائل"
        " النصية."
    ),
    dateline="ألبرويك",
    body="""وقّعت اليوم اثنتا عشرة مدينة على الساحل اتفاقاً لإصدار إنذارات العواصف والمد معاً. تصدر أولى الإنذارات المشتركة في ١ مارس ٢٠٢٧.

تبلغ كلفة الخدمة ٢٫٤ مليون كرونة في عامها الأول، وتدفع المدن **الثلث** بحسب عدد سكانها.

> «لا قيمة للإنذار إلا إذا وصل، وإذا عرف من تلقّاه ما يفعله بعد ذلك.»
>
> أمارا ليندكفيست، مديرة المكتب

- الإذاعة والرسائل النصية
- لوحات الإعلانات في الموانئ
""",  # noqa: E501
    notes_to_editors="الصور متاحة للنشر مجاناً.",
    boilerplate="مكتب مدن الموانئ هيئة مشتركة لاثنتي عشرة مدينة.",
    contacts=(
        Contact(
            "إيناس كالوواي", "المكتب الصحفي", "calloway@harbourtowns.example", "+44 20 7946 0142"
        ),
        Contact("يوسف حداد", "الناطق الإقليمي", "haddad@harbourtowns.example", "+44 20 7946 0177"),
    ),
)
ADVISORY = {
    "en": (
        "| What | Signing of the common warning service |\n|---|---|\n| **When** | Tuesday 1"
        " December, 10:00, doors at 09:15 |\n| **Where** | Customs House, Alberwick |\n| **Who** |"
        " The mayors of the twelve towns |\n\nPlease register by Monday noon.\n"
    ),
    "ar": (
        "| ماذا | توقيع اتفاق خدمة الإنذار |\n|---|---|\n| **متى** | الثلاثاء ١ ديسمبر، ١٠:٠٠ |\n|"
        " **أين** | دار الجمارك، ألبرويك |\n\nيرجى التسجيل قبل ظهر الاثنين.\n"
    ),
}
DIGEST = {
    "en": (
        "Four stories from the coast this week.\n\n## Twelve towns share their warnings\n\nThe"
        " first common warnings go out in March. [Read it](https://harbourtowns.example/1)\n\n##"
        " The night school opens again\n\nAfter two winters the school on Customs Quay has light."
        " [Read it](https://harbourtowns.example/2)\n\n## In figures\n\n- 12 towns\n- 9 languages\n"
    ),
    "ar": (
        "قصص الأسبوع من الساحل.\n\n## اثنتا عشرة مدينة تتقاسم الإنذارات\n\nتصدر الإنذارات الأولى في"
        " مارس. [اقرأ](https://harbourtowns.example/1)\n\n## المدرسة المسائية تفتح من جديد\n\nبعد"
        " شتاءين عاد الضوء. [اقرأ](https://harbourtowns.example/2)\n"
    ),
}
NOTE = {
    "en": "One figure in the second paragraph was wrong.",
    "ar": "ورد رقم خاطئ في الفقرة الثانية.",
}
SAID = {
    "en": (
        "The towns pay a quarter, in proportion to their population.",
        "The towns pay a third, in proportion to their population.",
    ),
    "ar": ("تدفع المدن الربع بحسب عدد سكانها.", "تدفع المدن الثلث بحسب عدد سكانها."),
}
WHAT = {
    "press-release": (
        "The default: headline, standfirst, other languages, text, notes, contacts, about."
    ),
    "statement": "The words of one person or organisation.",
    "media-advisory": "An invitation: the facts first.",
    "newsletter": "A digest from one Markdown file: each second-level heading opens a section.",
    "update": "News about a story that readers already know.",
    "correction": (
        "What the text said and what it should say, each with a label; then the whole text. Fields:"
        " `note:`, `it_said:`, `it_should_say:`."
    ),
    "hold": "Asks readers to wait while the facts are checked; the text is not sent again.",
    "clear": "Ends a hold: the text may be used as it was sent.",
    "kill": "Withdraws the release; its text is not sent again.",
    "lift": "Gives an embargo another time, or ends it.",
    "embargo": (
        "In advance, for trusted readers. It gives the time in words and in other time zones, and"
        " again after the text."
    ),
    "confirm": "Asks people to confirm their address before they join a list. One link.",
    "welcome": "Sent after this confirmation.",
    "low-bandwidth": "For a slow connection: a few kilobytes, nothing to load.",
}
# Templates that `distro preview` shows and nothing sends yet (README, "What it does not do yet").
NOT_SENT = {
    "low-bandwidth": "no subscriber can choose it",
}

SLOTS = Slots()


def edition(kind: str, language: str) -> Edition:
    """A sample of a kind."""
    found = read(SAMPLE).edition if language == "en" else ARABIC
    assert found is not None
    if kind in ("confirm", "welcome"):
        return getattr(service_letters, kind)(language, HOUSE[language], SLOTS)
    changes: dict[str, object] = {
        "kind": kind if kind not in ("embargo", "low-bandwidth") else "press-release"
    }
    if kind == "embargo":
        changes["embargo"] = "2026-12-01T10:00:00+01:00"
    if kind == "lift":
        changes["embargo"] = "2026-12-02T10:00:00+01:00"
    if kind in ("correction", *NOTICES):
        changes["note"] = NOTE[language] if kind == "correction" else ""
    if kind == "correction":
        changes["it_said"], changes["it_should_say"] = SAID[language]
    if kind == "media-advisory":
        changes |= {"body": ADVISORY[language], "dateline": ""}
    if kind == "newsletter":
        changes |= {"body": DIGEST[language], "dateline": "", "notes_to_editors": ""}
    return replace(found, **changes)  # type: ignore[arg-type]


def letter(kind: str, language: str) -> tuple[CompiledLetter, Filler]:
    """Its letter, ready to be filled."""
    envelope = LetterContext(
        "17",
        HOUSE[language],
        "press@harbourtowns.example",
        "",
        "4 Customs Quay, Alberwick AB1 2HT",
        datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
        languages=("en", "fr", "es", "ar"),
    )
    if kind in ("confirm", "welcome"):
        envelope = replace(envelope, languages=())
    found = compile_letter(
        edition(kind, language),
        envelope,
        Templates(Path("/nowhere")),
        kind if kind in ("embargo", "low-bandwidth") else "",
        SLOTS,
    )
    return found, Filler(
        found, distribution=17, site_url="https://press.example", keys=SecretKeys((b"k",), b"p")
    )


def views(kind: str) -> list[tuple[str, int, str]]:
    """Name, width in pixels and HTML of every view of a template."""

    def page(language: str) -> str:
        return letter(kind, language)[1].page(
            42, 99, "ana@daily.example", "https://press.example/c/42"
        )

    english, arabic = page("en"), page("ar")
    text = letter(kind, "en")[1].plain(42, 99, "ana@daily.example", "https://press.example/c/42")
    dark = english.replace("@media (prefers-color-scheme: dark)", "@media all")
    pre = (
        '<pre style="margin:16px;font:13px/20px'
        f' ui-monospace,monospace;white-space:pre-wrap">{html.escape(text)}</pre>'
    )
    return [
        ("phone", 375, english),
        ("dark", 375, dark),
        ("desktop", 760, english),
        ("Arabic", 375, arabic),
        ("plain text", 620, pre),
    ]


def sheet(browser: Browser, kind: str, path: Path) -> None:
    """All views of a template side by side in one picture."""
    panes = "".join(
        '<figure style="margin:0"><figcaption style="font:bold 22px sans-serif;padding:0 0'
        f' 8px">{name}</figcaption><iframe width="{width}" height="1180" style="border:1px solid'
        f' #c6ccd1;background:#fff" scrolling="no" srcdoc="{html.escape(view)}"></iframe></figure>'
        for name, width, view in views(kind)
    )
    page = browser.new_context(
        viewport={"width": 2650, "height": 1280}, device_scale_factor=0.7
    ).new_page()
    page.set_content(
        f'<body style="margin:24px;display:flex;gap:20px;background:#f2f4f5">{panes}</body>'
    )
    page.wait_for_timeout(300)
    page.screenshot(path=path)


def open_browser(playwright: Playwright, program: str = "/usr/bin/chromium") -> Browser:
    """Chromium with the fonts of `fonts.conf` alone, so that pictures of two machines can be
    compared.
    """
    return playwright.chromium.launch(
        executable_path=program,
        args=["--no-sandbox", "--disable-gpu"],
        env=os.environ | {"FONTCONFIG_FILE": str(HERE / "fonts.conf")},
    )


def main() -> None:
    """Make every picture, and the page that shows them."""
    folder = HERE / "pictures" / "letters"
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        "# The letters\n",
        (
            "Every template of `templates/email/`. `make gallery` makes this page (with Debian's"
            " Chromium; substitute fonts replace those of other systems)."
        ),
        (
            "Organisations add their own brand with `[sender]` and their own templates folder,"
            " block by block.\n"
        ),
    ]
    with sync_playwright() as playwright:
        browser = open_browser(playwright)
        for kind, about in WHAT.items():
            sheet(browser, kind, folder / f"{kind}.png")
            mark = (
                f"**Not sent yet**: {NOT_SENT[kind]}; `distro preview` shows it.\n\n"
                if kind in NOT_SENT
                else ""
            )
            rows.append(
                f"## {kind}\n\n{mark}{about} Subject: *{letter(kind, 'en')[0].subject}* HTML"
                f" {letter(kind, 'en')[0].html_size // 1000} KB.\n\n![{kind}: phone, dark, desktop,"
                f" Arabic, plain text](pictures/letters/{kind}.png)\n"
            )
    (HERE / "letters.md").write_text("\n".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
