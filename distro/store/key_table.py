"""The one table of every key: pattern, type, meaning, lifetime. The scripts build the same names.

``{D}`` is a distribution's number, ``{slug}`` a release, ``{id}`` a subscriber's dense integer,
``{b}`` a batch. A key that is neither PERMANENT nor TIMED here fails the test that leaves it
behind.
"""

import re
from dataclasses import dataclass

PERMANENT = "permanent"


TIMED = "has a lifetime"


@dataclass(frozen=True, slots=True)
class Key:
    """One row of the table."""

    pattern: str
    type: str
    meaning: str
    lifetime: str = PERMANENT


TABLE = (
    Key("format", "string", "the format of the data, see data_format.py"),
    # the book
    Key("book:seq", "string", "the last subscriber id given out; ids are never reused"),
    Key("book:address", "hash", "normalised address -> id, former addresses too"),
    Key(
        "book:version",
        "string",
        "counts changes of rows, addresses and index: who read an older one reads again",
    ),
    Key("book:pieces", "hash", "id / 1000 -> the version in which one of these rows last changed"),
    Key(
        "book:columns",
        "hash",
        "column -> 'index' (a bitmap per value), 'ids' (more values) or 'scan' (too many)",
    ),
    Key("book:pepper", "string", "key of address hashes, never rotated"),
    Key("sub:{id}", "string", "one subscriber as JSON: email and every column that is not empty"),
    Key("idx:{column}:{value}", "bitmap", "ids with this value, lower case"),
    Key(
        "ids:{column}:{value}",
        "string",
        "4 bytes each: ids with this value, where a column has more than 256",
    ),
    Key(
        "pl:{column}:{plane}",
        "bitmap",
        "ids whose number (n0 … n47) or date (d0 … d21) has this bit; n, d: who has one",
    ),
    Key("idx:all", "bitmap", "every id in the book"),
    Key("val:{column}", "set", "the values of an indexed column"),
    Key("no:any", "bitmap", "ids that may not be written to, for whatever reason"),
    Key(
        "no:{reason}",
        "bitmap",
        "the same by reason: unsubscribed, suppressed, paused, unconfirmed, erased",
    ),
    Key("paused", "zset", "subscriber -> when the pause ends, ms"),
    Key(
        "nos",
        "hash",
        "keyed hash of an address that is not in the book -> erased, unsubscribed or suppressed",
    ),
    Key("facts:{id}", "hash", "consent facts: fact id -> JSON"),
    Key("facts:offset", "hash", "host -> bytes of its consent file that are in Redis"),
    Key("import:{n}", "hash", "a staged import: list, state, pieces, done, counts"),
    Key("import:{n}:ids", "bitmap", "whom an import that is to sync spoke of, until it is done"),
    Key("import:seq", "string", "the last import's number"),
    Key("import:open", "set", "imports whose pieces are not all in the book"),
    Key("stage:{n}", "list", "the judged rows of an import, compressed, in pieces", TIMED),
    # releases
    Key(
        "rel:{slug}",
        "hash",
        "kind, headline, editions (language -> version), pins (those that a reservation stands"
        " for), created, status (held, killed), word (the distribution that says so), hold_until",
    ),
    Key("rel:{slug}:dists", "list", "its distributions, oldest first"),
    Key("ed:{version}", "string", "an edition as JSON"),
    Key("file:{hash}", "string", "a file that travels with editions"),
    Key("taken:{slug}", "bitmap", "ids that some distribution of this release stands for"),
    Key("same:{hash}", "string", "the slug that last used this headline or body", TIMED),
    Key(
        "late",
        "hash",
        "release -> how often somebody proved to hold it after its note was sent out",
    ),
    # distributions
    Key("dist:seq", "string", "the last distribution's number"),
    Key("dists", "zset", "distribution -> when it was submitted, ms"),
    Key("dist:{D}", "hash", "what it is, its state, its times"),
    Key(
        "parts",
        "hash",
        "worker, sweep or web of a host -> when it lived last, a fingerprint of its settings, and"
        " their file",
    ),
    Key(
        "running",
        "set",
        "distributions with a frozen audience that are not yet sent, nor cancelled and settled",
    ),
    Key("settling", "set", "cancelled distributions whose reservation is not settled"),
    Key("idem:{key}", "hash", "an idempotency key: distribution, last, content", TIMED),
    Key("webhook:{name}", "hash", "a receiver: url, D17 -> events told, tries:17, next:17, gone"),
    Key("webhook-lease:{name}", "string", "the host that tells a receiver now", TIMED),
    Key("passkeys:{name}", "hash", "a person's passkeys: id -> public key and when, as JSON"),
    Key("passkey-owners", "hash", "a passkey's id -> whose it is"),
    Key("device:{name}", "hash", "a device that waits: host, and who let it in", TIMED),
    Key("device-code:{code}", "string", "the device that shows a code", TIMED),
    Key("device-token:{name}", "hash", "a device's token: user, epoch, until", TIMED),
    Key("sign-in:{name}", "string", "a sign-in at a provider: nonce, verifier, where to", TIMED),
    Key(
        "session:{name}", "hash", "who is signed in: user, began, fresh, csrf, epoch, until", TIMED
    ),
    Key("api:answer:{key}", "string", "the answer that a request had, as JSON", TIMED),
    Key("api:lease:{key}", "string", "a request that is under way", TIMED),
    Key("due", "zset", "distribution -> when somebody must look at it, ms"),
    Key("res:{D}:{lang}", "bitmap", "reserved readers by edition"),
    Key("trust:{D}", "bitmap", "reserved readers who may have it before the embargo is over"),
    Key(
        "hold:{D}:{name}",
        "bitmap",
        "whom a note is for, by the language of what they hold; or who is left out of it, or of the"
        " rest, and why",
    ),
    Key(
        "thr:{D}",
        "string",
        "8 bytes a recipient of a note: distribution and ordinal of the letter that it answers",
    ),
    Key("out:{D}:{reason}", "bitmap", "who matched but is left out"),
    Key(
        "let:{D}:{lang}",
        "string",
        "the compiled letter; lang+embargo: the one of readers who have it in advance",
    ),
    Key("aud:{D}", "string", "4 bytes a recipient: subscriber id by ordinal"),
    Key("led:{D}", "string", "1 byte a recipient: the state"),
    Key(
        "rec:{D}",
        "string",
        "29 bytes a recipient: token, time, attempts, flags, code, relay, queue id",
    ),
    Key("cnt:{D}", "string", "ten 32-bit counters, one a state"),
    Key("err:{D}", "hash", "ordinal -> the last words about who was not accepted"),
    Key(
        "bat:{D}",
        "string",
        "10 bytes a batch: first, last + 1, edition (+ 128: the trusted tier), group",
    ),
    Key("todo:{D}", "zset", "batch without a lease and with work -> when, ms"),
    Key("lease:{D}", "hash", "batch -> token, expiry ms, process"),
    Key("retry:{D}:{b}", "zset", "deferred ordinal -> next attempt, ms"),
    Key(
        "doubt:{D}", "zset", "in-doubt ordinal that awaits evidence or its one resend -> since, ms"
    ),
    Key(
        "grp:{D}:{group}",
        "bitmap",
        "readers of a group of receivers, until the audience is written down",
    ),
    Key("rly:{D}", "list", "names of the relays that records point at"),
    Key(
        "opened:{D}",
        "list",
        "who opened an attachment before the embargo was over, as JSON: time, ordinal, file",
    ),
    Key("ev:{D}", "list", "events as JSON: time, actor, act, reason"),
    Key(
        "back:{D}",
        "hash",
        "ordinal -> what came back about them, as JSON: id of the message, at (ms), attempts, class"
        " (soft, hard, complaint), cause, server",
    ),
    Key(
        "clk:{D}:{lang}:{link}:{who}",
        "bitmap",
        "ordinals that followed a link: human, machine, unknown",
    ),
    Key("clicks:{D}", "hash", "language:link:who:sign -> how many clicks were judged so"),
    Key(
        "follow:{D}:{ordinal}",
        "list",
        "links of one letter that were followed within a minute, as JSON: link, at (ms), a keyed"
        " hash of the network",
        TIMED,
    ),
    # what came back
    Key(
        "refused",
        "list",
        "recipients that a receiver refused for good, not yet judged: 'D ordinal'",
    ),
    Key(
        "feedback:seen",
        "zset",
        "id of a message or event -> when it was carried out, ms; negative: only that is known",
    ),
    Key("feedback:verdicts", "hash", "id of a message -> its items as they were judged, as JSON"),
    Key("feedback:counts", "hash", "what came of messages -> how many"),
    Key(
        "strikes:{hash}",
        "hash",
        "keyed hash of an address: message -> when, cause and letter of a failure, as JSON",
        TIMED,
    ),
    Key("suggestions", "hash", "id -> what staff may accept, as JSON"),
    Key("unsent_answers", "list", "answers that were not handed on: when, message, why (JSON)"),
    Key(
        "ours:{domain}", "zset", "message -> when a domain refused letters because of us, ms", TIMED
    ),
    Key("ours", "hash", "domain or provider -> its last refusals because of us, as JSON"),
    Key("storm:{print}", "hash", "message -> who a text of one server struck, as JSON", TIMED),
    Key(
        "stormed", "hash", "fingerprint of a text -> the storm that a person must look at, as JSON"
    ),
    Key(
        "aggregate:{kind}:{domain}:{day}",
        "hash",
        "what receivers report of our mail on a day (dmarc, tls): what -> how many",
        TIMED,
    ),
    Key("probe:{x}", "string", "a probe of a return path, and those that came back", TIMED),
    Key("used:{hash}", "string", "what signed a provider's post -> the content with it", TIMED),
    Key("answers:{host}", "zset", "answers that a host is to hand on: message, desk -> when, ms"),
    # receivers
    Key(
        "pace:{name}",
        "hash",
        "a bucket of a relay or group: tokens, at (ms), slow_until, bad, bad_at",
        TIMED,
    ),
    Key("stops", "hash", "domain -> until (ms), actor and reason of a halt of this domain alone"),
    # people
    Key("users", "set", "names of the people who may do something"),
    Key(
        "user:{name}",
        "hash",
        "role, created, disabled, token (SHA-256), expires (ms), desks, lists, password, epoch",
    ),
    Key("tokens", "hash", "SHA-256 of a token -> name"),
    Key("audit:log", "list", "who asked for what, as JSON, oldest first: a chain"),
    Key("audit:head", "hash", "how many lines the audit log has, and the SHA-256 of the last"),
    Key("looked:{slug}", "hash", "approver -> the texts that they last looked at, as JSON"),
    # processes
    Key(
        "proc:{P}", "hash", "the last group commit of a process: serial and what it granted", TIMED
    ),
    Key("alive", "zset", "sending process -> when it last said that it lives, unix seconds"),
    Key(
        "rewrite:wanted",
        "string",
        "since when somebody was erased whose words the append-only file still holds, ms",
    ),
    Key("rewrite:began", "string", "the same, while it is being written anew"),
    Key("trouble", "hash", "sending process -> when and why it sends nothing, JSON"),
    Key("learnt", "hash", "relay and sending process -> what the relay allows it, JSON"),
    Key(
        "storms",
        "hash",
        "domain -> when, how many and after which distribution readers left within seconds",
    ),
    Key(
        "closed",
        "hash",
        "list that is no more -> when, why, by whom and which distribution told its people",
    ),
    Key("audited", "hash", "list or named segment -> people at the last `segments audit`"),
    Key("post", "zset", "letters to single readers that wait, as JSON -> when, ms"),
    Key(
        "asked",
        "list",
        "what readers asked for on pages without a link of their own, as JSON, until the sweep"
        " answers it",
    ),
    Key(
        "undo:{word}",
        "string",
        "subscriber whose unsubscribing this word of the answer's page takes back",
        TIMED,
    ),
    Key("rate:{what}", "string", "how often somebody asked lately", TIMED),
    Key("tmp:{x}", "any", "within one question", TIMED),
)


def _pattern(key: Key) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]+\}", key.pattern)
    return re.compile(".+".join(map(re.escape, parts)))


_PATTERNS = [(_pattern(key), key) for key in TABLE]


def describe(name: str) -> Key | None:
    """Return the row of the table that a key's name belongs to; None: the key is not in the
    table.
    """
    exact = [key for pattern, key in _PATTERNS if pattern.fullmatch(name)]
    return max(exact, key=lambda k: ("{" not in k.pattern, len(k.pattern)), default=None)
