"""Plain texts as they lie on the web."""

from pathlib import Path

import pytest

from distro.readings import Level, Reading
from distro.submit import read

SEED = Path(__file__).parents[4] / "shared" / "seed" / "mexico-city-workshop.txt"

WIRE = """Skip to main content
Home
About
News
FOR IMMEDIATE RELEASE
12 March 2026

Coastal towns sign a pact on small boats
Twelve municipalities will share radar and rescue crews from June

HARBOUR CITY, 12 March 2026 — Twelve coastal towns signed an agreement on
Thursday to run their rescue services together, ending two years of talks
between the mayors and the national coast guard.

"Nobody at sea should wonder whose water they are in," said Ana Ruiz, head of
the coast guard. "From June they will not have to."

The pact covers:
- radar coverage day and night;
- one emergency number in four languages.

###

Media contact:
Maria Lopez, Press Officer
Tel: +34 600 123 456
maria.lopez@fisheries.example

Notes to editors
The twelve towns are listed on the ministry's site.

Related news
Ministry opens new harbour
© 2026 Ministry of Fisheries
"""

SPANISH = """Inicio
Quiénes somos
Noticias
Contacto

La Agencia y el Gobierno inauguran un centro para personas retornadas

Tegucigalpa, 5 de mayo de 2026 – La Agencia y el Gobierno inauguraron hoy un centro que atenderá cada año a cerca de 40.000 personas que regresan al país.

El centro ofrece atención médica, apoyo psicosocial y orientación laboral. "Es un paso importante para quienes vuelven", dijo la ministra.

Para más información, favor de contactar a:
Ismael Cruz, Agencia en Honduras, Tel: +504 2237 7460, Correo electrónico: icruz@agencia.example

Noticias relacionadas
Compartir en Facebook
"""  # noqa: E501

FRENCH = """Accueil
Actualités
COMMUNIQUÉ DE PRESSE
Le gouvernement et ses partenaires lancent un plan d'aide aux pêcheurs
GENÈVE (Agence) – Le gouvernement a lancé mardi un plan d'aide de
douze millions de francs en faveur des pêcheurs du lac, dont les
revenus ont baissé d'un tiers en trois ans.
« Nous voulons que ces familles puissent rester », a déclaré la
ministre de l'Économie lors d'une conférence de presse.
Le plan sera appliqué dès le mois de juin.
Pour plus d'informations, veuillez contacter :
Claire Dubois
Porte-parole
Courriel : claire.dubois@gouv.example
Tél. : +41 22 700 12 34
Voir aussi
Partager
"""


@pytest.fixture
def understood(tmp_path: Path, request: pytest.FixtureRequest) -> Reading:
    path = tmp_path / "release.txt"
    path.write_text(request.param, encoding="utf-8")
    return read(path)


@pytest.mark.skipif(
    not SEED.exists(), reason="the seed release lies beside the repository, in ../shared"
)
def test_the_seed_release_is_read_whole() -> None:
    """Navigation gone, hard wraps undone, the broken mailto understood, everything dropped
    shown.
    """
    reading = read(SEED)
    edition = reading.edition
    assert edition is not None

    assert (
        edition.headline
        == "Mexico City Hosts Workshop on Migration, Development, Human Rights and Gender"
    )
    assert edition.language == "en"
    assert len(reading.paragraphs) == 8
    assert reading.paragraphs[-1].startswith(
        "A fourth panel – Migration Policies and Development – will look at ways"
    )
    assert [(c.name, c.role, c.email) for c in edition.contacts] == [
        ("Juan Artola", "IOM Mexico", "jartola@iom.int")
    ]
    assert [n for n, _ in reading.dropped] == list(range(1, 23))
    assert not reading.errors
    assert any(p.line == 30 and "is a word missing" in p.message for p in reading.problems)


@pytest.mark.parametrize("understood", [WIRE], indirect=True)
def test_a_wire_release_with_furniture(understood: Reading) -> None:
    edition = understood.edition
    assert edition is not None

    assert edition.headline == "Coastal towns sign a pact on small boats"
    assert edition.subhead == "Twelve municipalities will share radar and rescue crews from June"
    assert edition.dateline == "HARBOUR CITY, 12 March 2026"
    assert understood.paragraphs[0].startswith("Twelve coastal towns signed")
    assert understood.paragraphs[-1] == "one emergency number in four languages."
    assert edition.contacts[0].phone == "+34 600 123 456"
    assert (edition.contacts[0].name, edition.contacts[0].role) == ("Maria Lopez", "Press Officer")
    assert edition.notes_to_editors == "The twelve towns are listed on the ministry's site."
    assert [text for _, text in understood.dropped][-3:] == [
        "Related news",
        "Ministry opens new harbour",
        "© 2026 Ministry of Fisheries",
    ]


@pytest.mark.parametrize("understood", [SPANISH], indirect=True)
def test_a_spanish_release_with_the_contact_in_one_line(understood: Reading) -> None:
    edition = understood.edition
    assert edition is not None

    assert edition.language == "es"
    assert (
        edition.headline == "La Agencia y el Gobierno inauguran un centro para personas retornadas"
    )
    assert edition.dateline.startswith("Tegucigalpa")
    assert len(understood.paragraphs) == 2
    assert edition.contacts[0].name == "Ismael Cruz"
    assert (edition.contacts[0].email, edition.contacts[0].phone) == (
        "icruz@agencia.example",
        "+504 2237 7460",
    )


@pytest.mark.parametrize("understood", [FRENCH], indirect=True)
def test_a_french_release_hard_wrapped_without_blank_lines(understood: Reading) -> None:
    edition = understood.edition
    assert edition is not None

    assert edition.language == "fr"
    assert edition.dateline == "GENÈVE (Agence)"
    assert [p[:20] for p in understood.paragraphs] == [
        "Le gouvernement a la",
        "« Nous voulons que c",
        "Le plan sera appliqu",
    ]
    assert (edition.contacts[0].name, edition.contacts[0].role) == ("Claire Dubois", "Porte-parole")


@pytest.mark.parametrize(
    "understood",
    [WIRE.replace("FOR IMMEDIATE RELEASE", "EMBARGOED UNTIL 2027-06-01 10:00 Europe/Zurich")],
    indirect=True,
)
def test_an_embargo_line_is_read(understood: Reading) -> None:
    assert understood.edition is not None
    assert understood.edition.embargo == "2027-06-01T10:00:00+02:00"


@pytest.mark.parametrize(
    "understood",
    [WIRE.replace("FOR IMMEDIATE RELEASE", "EMBARGOED UNTIL the minister has spoken")],
    indirect=True,
)
def test_an_embargo_that_is_not_understood_is_an_error(understood: Reading) -> None:
    assert any(
        p.level is Level.ERROR and "embargo" in p.message and p.line == 5
        for p in understood.problems
    )


@pytest.mark.parametrize("understood", [WIRE, SPANISH, FRENCH], indirect=True)
def test_every_line_is_kept_used_or_shown_as_dropped(understood: Reading) -> None:
    """What is dropped is quoted nowhere else, and nothing disappears."""
    edition = understood.edition
    assert edition is not None
    kept = " ".join(
        (
            edition.headline,
            edition.subhead,
            edition.dateline,
            *understood.paragraphs,
            edition.notes_to_editors,
        )
    )
    for _, text in understood.dropped:
        assert text not in kept
