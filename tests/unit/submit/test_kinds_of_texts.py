"""Plain texts of kinds that were once read wrong: each a made-up one, with what it says."""

from pathlib import Path

import pytest

from distro.model import Edition
from distro.submit import read
from distro.submit.prose import paragraphs


def understood(tmp_path: Path, text: str) -> Edition:
    (tmp_path / "r.txt").write_text(text)
    found = read(tmp_path / "r.txt").edition
    assert found
    return found


@pytest.mark.parametrize(
    ("opening", "place"),
    [
        ("BERGEN--( WIRE NEWS )--The", "BERGEN"),
        ("BERGEN--The", "BERGEN"),
        ("BERGEN, June 4, 2027 -- The", "BERGEN, June 4, 2027"),
        ("Bergen, 4 June 2027—The", "Bergen, 4 June 2027"),
        ("عمان، 3 مايو 2027—The", "عمان، 3 مايو 2027"),
        ("The harbour — as all know —", ""),
    ],
)
def test_a_dateline_of_any_dash(tmp_path: Path, opening: str, place: str) -> None:
    found = understood(
        tmp_path,
        f"Ferry office prints its timetables in four languages\n\n{opening} ferry office said today"
        " that its timetables are printed in four languages, so that everybody may read them"
        " before they board.\n\nThey are free.\n",
    )
    assert found.dateline == place
    assert found.headline == "Ferry office prints its timetables in four languages"


@pytest.mark.parametrize(
    "between",
    [
        "07:30 CET",
        "7:30 a.m. EST",
        "News provided by\nFerry Office\n06:00 GMT",
        "June 4, 2027 09:00 AM Eastern Daylight Time",
        "16.15 Uhr",
    ],
)
def test_a_time_between_title_and_text_hides_neither(tmp_path: Path, between: str) -> None:
    found = understood(
        tmp_path,
        "Ferry office prints its timetables in four languages\nPassengers asked for them for a"
        f" year, and will pay nothing\n{between}\nBERGEN, June 4, 2027 /Newsline/ -- The ferry"
        " office said today that its timetables are printed in four languages, so that everybody"
        ' may read them.\n"They are good," said Eva Lund.\n',
    )
    assert found.headline == "Ferry office prints its timetables in four languages"
    assert found.subhead == "Passengers asked for them for a year, and will pay nothing"


@pytest.mark.parametrize(
    ("heading", "line"),
    [
        ("Kontakt:", "Eva Lund, press@ferry.example"),
        ("联系方式", "press@ferry.example"),
        ("お問い合わせ", "press@ferry.example"),
        ("Контакты:", "Ева Лунд, press@ferry.example"),
        ("İletişim", "press@ferry.example"),
        ("Contatti:", "Eva Lund, press@ferry.example"),
        ("Voor meer informatie", "Eva Lund, press@ferry.example"),
        (
            "Kontakt",
            (
                "Auf den Seiten unter\nhttps://ferry.example/,\nschreiben Sie"
                " an\n<press@ferry.example>, oder rufen an."
            ),
        ),
    ],
)
def test_contacts_in_more_languages(tmp_path: Path, heading: str, line: str) -> None:
    found = understood(
        tmp_path,
        "Ferry office prints its timetables in four languages\n\nBERGEN – The ferry office said"
        f" today that its timetables are printed in four languages.\n\n{heading}\n{line}\n",
    )
    assert [c.email for c in found.contacts] == ["press@ferry.example"]
    assert not any("http" in c.name or c.name[:1].islower() for c in found.contacts)
    assert "press@ferry" not in found.body


@pytest.mark.parametrize("entries", [3, 7, 15])
def test_a_list_after_a_colon_ends_no_text(tmp_path: Path, entries: int) -> None:
    listed = "\n".join(f"Linie {n} Nord" for n in range(entries))
    found = understood(
        tmp_path,
        "Neuer Fahrplan der Fähren ist ab heute gültig\n\nNach einem Jahr Arbeit stellt das Amt"
        " den neuen Fahrplan vor. Er gilt\nab heute auf allen Linien und braucht weniger Papier"
        f" als der alte.\n\nEnthalten sind:\n\n{listed}\n\nDer Fahrplan kann ab heute geladen"
        " werden, und wer will, bekommt ihn\nauch gedruckt an jedem Schalter des Amtes in den vier"
        " Häfen.\n\nDas Amt hat achtzig Leute in drei Häfen und sucht weitere, die gerne\nfrüh"
        " aufstehen und Karten lesen können.\n",
    )
    assert found.headline == "Neuer Fahrplan der Fähren ist ab heute gültig"
    assert "stellt das Amt den neuen Fahrplan vor" in found.body
    assert "sucht weitere" in found.body


def test_a_wrapped_sentence_is_not_cut_into_a_subhead(tmp_path: Path) -> None:
    found = understood(
        tmp_path,
        "Fahrplan der Fähren erneuert: Ausgabe 9.4\n\nDas Amt der Fähren freut sich, die vierte"
        " Ausgabe seines\nFahrplans der Häfen (Ausgabe 9)\nankündigen zu dürfen. Sie behebt vor"
        " allem\nFehler der Zeiten im Norden. Für\ndiese sind Zettel verschickt worden.\n\nDies ist"
        " kein neuer Plan.\n",
    )
    assert (found.headline, found.subhead) == ("Fahrplan der Fähren erneuert: Ausgabe 9.4", "")
    assert "freut sich, die vierte Ausgabe seines Fahrplans" in found.body


def test_chinese_lines_are_joined_without_a_space(tmp_path: Path) -> None:
    found = understood(
        tmp_path,
        "关于渡轮时刻表的声明\n\n渡轮办公室今天宣布新的时刻表已经印好。"
        "\n\n新的时刻表用四种语言印刷，乘客在登船之前都可以免费领取一份，办公\n室的工作人员说，"
        "这是一年工作的成果。\n",
    )
    assert found.headline == "关于渡轮时刻表的声明"
    assert "办公室的工作人员" in " ".join(paragraphs(found.body))


def test_a_teaser_of_a_menu_is_no_text(tmp_path: Path) -> None:
    found = understood(
        tmp_path,
        "-\nWho we are\nWho we areFounded in 1951, the ferry office is the leading house of all who"
        " cross the water between the towns, with 140 members and work in 90 harbours of the north"
        " and of the south.\n- Data\n- 2030 Plan Now\nFerry office prints its timetables in four"
        " languages\nBERGEN – The ferry office said today that its timetables are printed in four"
        " languages\n",
    )
    assert (found.headline, found.dateline) == (
        "Ferry office prints its timetables in four languages",
        "BERGEN",
    )


@pytest.mark.parametrize(
    "title",
    ["BOATS IN HARBOUR - FEBRUARY 2027", "PRODUCER PRICES OF THE FERRY TOWNS - FEBRUARY 2027"],
)
@pytest.mark.parametrize(
    "embargo",
    [
        (
            "The figures in this release are embargoed until\n9:30 a.m. (ET) Tuesday, March 9, 2027"
            "     REL-27-0042"
        ),
        "This text is embargoed until 9:30 a.m. (ET), March 9, 2027",
    ],
)
def test_an_embargo_in_a_sentence_above_contacts_and_a_title(
    tmp_path: Path, title: str, embargo: str
) -> None:
    found = understood(
        tmp_path,
        f"{embargo}\n\nTechnical questions:  (202) 555-0100  *  tech@figures.example\nMedia"
        f" contact:        (202) 555-0101  *  press@figures.example\n\n{title}\n\nThe number of"
        " boats in harbour rose 0.3 percent in February, after a fall of 0.1 percent in January,"
        " the Office of\nFigures reported today. Over the year the number rose 1.8 percent.\n",
    )
    assert found.headline == title
    assert found.embargo.startswith("2027-03-09T09:30")
    assert found.dateline == ""
    assert "press@figures.example" in [c.email for c in found.contacts]
