"""Every rule finds its own sample, and no sample is another cause's as well."""

import pytest

from distro.feedback import rules
from distro.feedback.items import Cause
from distro.feedback.rules import Rule

LAYERS = {provider.name: provider.rules for provider in rules.providers()} | {
    "words": rules.words()
}
RULES = [(layer, rule) for layer, found in LAYERS.items() for rule in found]


def name_of(rule: Rule) -> str:
    return f"{rule.name}: {rule.pattern.pattern[:30]}"


@pytest.mark.parametrize(("layer", "rule"), RULES, ids=[name_of(rule) for _, rule in RULES])
def test_a_rule_finds_its_own_sample_and_no_other_cause_does(layer: str, rule: Rule) -> None:
    text = rules.plain(rule.sample)
    assert rule.pattern.search(text), rule.sample
    others = {
        (other.cause, other.pattern.pattern)
        for other in LAYERS[layer]
        if other.cause is not rule.cause and other.pattern.search(text)
    }
    assert not others


def test_a_provider_is_known_before_its_words_are_read() -> None:
    said = "450 4.2.1 The user you are trying to contact is receiving mail too quickly - gsmtp"
    assert rules.judge(said).rule.startswith("google")
    assert rules.judge("554 Blocked - see", near="mx0a.pphosted.com").cause is Cause.OUR_REPUTATION


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("550 5.1.1 <ana@daily.example>: Recipient address rejected: User unknown", "unknown_user"),
        ("552 5.2.2 Over quota", "mailbox_full"),
        ("554 5.7.1 Service unavailable; blocked using zen.spamhaus.org", "our_reputation"),
        ("550 5.7.26 Unauthenticated email from press.example", "our_authentication"),
        ("450 4.7.1 Client host rejected: cannot find your reverse hostname", "our_ptr"),
        ("530 5.7.0 Must issue a STARTTLS command first", "our_tls"),
        ("550 5.4.4 Host or domain name not found", "domain_gone"),
        ("Host or domain name not found, try again", "network"),
        ("550 something nobody ever said", "unclassified"),
        ("", "unclassified"),
    ],
)
def test_words_of_servers(said: str, cause: str) -> None:
    assert rules.judge(said).cause == cause


def test_an_address_says_nothing_of_its_own() -> None:
    assert rules.judge("550 refused <mailboxfull@userunknown.example>").cause is not (
        Cause.MAILBOX_FULL
    )
    assert rules.judge("451 see https://x.example/userunknown later").cause is Cause.UNCLASSIFIED


def test_a_number_inside_an_address_is_no_status() -> None:
    assert rules.enhanced_in("host mx.daily.example[192.0.2.5] said") == ""
    assert rules.enhanced_in("550-5.0.0 and then 5.2.1 x") == "5.2.1"
    assert rules.by_code("5.2.2").cause is Cause.MAILBOX_FULL
    assert rules.by_code("5.99.99").cause is Cause.UNCLASSIFIED
