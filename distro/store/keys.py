"""The names of all keys: one builder for each row of `key_table.TABLE`.

Scripts build the same names (tests/unit/store/test_keys.py holds them together).
"""

DISTRIBUTIONS = "dists"
DUE = "due"
RUNNING = "running"
SETTLING = "settling"
ADDRESSES = "book:address"
COLUMNS = "book:columns"
EVERYONE = "idx:all"
REFUSED = "no:any"
HALTS = "stops"
LAST_SUBSCRIBER = "book:seq"
LAST_DISTRIBUTION = "dist:seq"
LAST_IMPORT = "import:seq"
CONSENT_OFFSETS = "facts:offset"
BOOK_VERSION = "book:version"
BOOK_PIECES = "book:pieces"
PEPPER = "book:pepper"
OPEN_IMPORTS = "import:open"
NOES = "nos"
PAUSED = "paused"
CLOSED = "closed"
AUDITED = "audited"
WAITING_LETTERS = "post"
REQUESTS = "asked"
BURSTS = "storms"
REWRITE_WANTED = "rewrite:wanted"
REWRITE_BEGAN = "rewrite:began"
ALIVE = "alive"
TROUBLE = "trouble"
LEARNT = "learnt"
PARTS = "parts"
FORMAT = "format"
LATE = "late"
USERS = "users"
TOKENS = "tokens"
AUDIT_LOG = "audit:log"
AUDIT_HEAD = "audit:head"
REFUSALS = "refused"
SEEN = "feedback:seen"
VERDICTS = "feedback:verdicts"
FEEDBACK_COUNTS = "feedback:counts"
SUGGESTIONS = "suggestions"
UNSENT_ANSWERS = "unsent_answers"
STORMS = "stormed"
OUR_ALARMS = "ours"


def distribution(number: str | int) -> str:
    """Return the key of what a distribution is, its state and its times."""
    return f"dist:{number}"


def audience(number: str | int) -> str:
    """Return the key of subscriber ids by ordinal."""
    return f"aud:{number}"


def states(number: str | int) -> str:
    """Return the key of the state bytes by ordinal."""
    return f"led:{number}"


def records(number: str | int) -> str:
    """Return the key of the records of last attempts by ordinal."""
    return f"rec:{number}"


def counters(number: str | int) -> str:
    """Return the key of the ten counters."""
    return f"cnt:{number}"


def replies(number: str | int) -> str:
    """Return the key of the last words about who was not accepted, by ordinal."""
    return f"err:{number}"


def batches(number: str | int) -> str:
    """Return the key of the table of batches."""
    return f"bat:{number}"


def todo(number: str | int) -> str:
    """Return the key of the batches without a lease and with work."""
    return f"todo:{number}"


def leases(number: str | int) -> str:
    """Return the key of the leases by batch."""
    return f"lease:{number}"


def retries(number: str | int, batch: str | int) -> str:
    """Return the key of a batch's deferred ordinals."""
    return f"retry:{number}:{batch}"


def doubts(number: str | int) -> str:
    """Return the key of the ordinals in doubt."""
    return f"doubt:{number}"


def group(number: str | int, name: str) -> str:
    """Return the key of a group of receivers in a distribution."""
    return f"grp:{number}:{name}"


def relays(number: str | int) -> str:
    """Return the key of the names of relays that records point at."""
    return f"rly:{number}"


def events(number: str | int) -> str:
    """Return the key of a distribution's events."""
    return f"ev:{number}"


def returns(number: str | int) -> str:
    """Return the key of what came back about recipients, by ordinal."""
    return f"back:{number}"


def letter(number: str | int, language: str) -> str:
    """Return the key of a compiled letter."""
    return f"let:{number}:{language}"


def reserved(number: str | int, language: str) -> str:
    """Return the key of the readers reserved for an edition."""
    return f"res:{number}:{language}"


def trusted(number: str | int) -> str:
    """Return the key of the readers of an audience who have it before the embargo is over."""
    return f"trust:{number}"


def holders(number: str | int, name: str) -> str:
    """Return the key of whom a note is for: by the language of what they hold, or set apart."""
    return f"hold:{number}:{name}"


def threads(number: str | int) -> str:
    """Return the key of what each letter of a note answers, by ordinal."""
    return f"thr:{number}"


def left_out(number: str | int, reason: str) -> str:
    """Return the key of those who matched and are left out for a reason."""
    return f"out:{number}:{reason}"


def opened(number: str | int) -> str:
    """Return the key of who opened an attachment before the embargo was over."""
    return f"opened:{number}"


def release(slug: str) -> str:
    """Return the key of a release."""
    return f"rel:{slug}"


def release_distributions(slug: str) -> str:
    """Return the key of a release's distributions."""
    return f"rel:{slug}:dists"


def edition(version: str) -> str:
    """Return the key of an edition."""
    return f"ed:{version}"


def file(name: str) -> str:
    """Return the key of a file that travels with editions, by its hash."""
    return f"file:{name}"


def taken(slug: str) -> str:
    """Return the key of the ids that some distribution of a release stands for."""
    return f"taken:{slug}"


def same(fingerprint: str) -> str:
    """Return the key of the slug that last used a headline or body."""
    return f"same:{fingerprint}"


def idempotency(key: str) -> str:
    """Return the key of what an idempotency key stands for."""
    return f"idem:{key}"


def subscriber(number: int | str) -> str:
    """Return the key of a subscriber's row."""
    return f"sub:{number}"


def facts(number: int | str) -> str:
    """Return the key of a subscriber's consent facts."""
    return f"facts:{number}"


def refused(reason: str) -> str:
    """Return the key of the ids that may not be written to for a reason."""
    return f"no:{reason}"


def index(column: str, value: str) -> str:
    """Return the key of the ids with a value, as a bitmap."""
    return f"idx:{column}:{value}"


def id_list(column: str, value: str) -> str:
    """Return the key of the ids with a value, four bytes each."""
    return f"ids:{column}:{value}"


def plane(column: str, bit: str) -> str:
    """Return the key of the ids whose number or date has a bit."""
    return f"pl:{column}:{bit}"


def values(column: str) -> str:
    """Return the key of the values of an indexed column."""
    return f"val:{column}"


def imported(number: int | str) -> str:
    """Return the key of a staged import."""
    return f"import:{number}"


def import_ids(number: int | str) -> str:
    """Return the key of whom an import that is to sync spoke of."""
    return f"import:{number}:ids"


def stage(number: int | str) -> str:
    """Return the key of an import's judged rows."""
    return f"stage:{number}"


def pace(name: str) -> str:
    """Return the key of a bucket that letters draw from."""
    return f"pace:{name}"


def process(name: str) -> str:
    """Return the key of a process's last group commit."""
    return f"proc:{name}"


def undo(word: str) -> str:
    """Return the key of the subscriber whose unsubscribing a page takes back."""
    return f"undo:{word}"


def user(name: str) -> str:
    """Return the key of a person who may do something."""
    return f"user:{name}"


def looked(slug: str) -> str:
    """Return the key of the texts that each approver last looked at."""
    return f"looked:{slug}"


def rate(what: str) -> str:
    """Return the key of how often somebody asked within a window."""
    return f"rate:{what}"


def strikes(address_hash: str) -> str:
    """Return the key of the failures of one address."""
    return f"strikes:{address_hash}"


def our_troubles(domain: str) -> str:
    """Return the key of what a domain refused lately because of us."""
    return f"ours:{domain}"


def storm(fingerprint: str) -> str:
    """Return the key of whom a text of one server struck lately."""
    return f"storm:{fingerprint}"


def answers(host: str) -> str:
    """Return the key of the answers that a host is to hand on."""
    return f"answers:{host}"


def used_token(name: str) -> str:
    """Return the key of the content that came with what signs a provider's post."""
    return f"used:{name}"


def probe(name: str) -> str:
    """Return the key of a probe of the return path, or of one that came back."""
    return f"probe:{name}"


def aggregate(kind: str, domain: str, day: str) -> str:
    """Return the key of what receivers report of a domain of ours on a day."""
    return f"aggregate:{kind}:{domain}:{day}"


def followed(number: str | int, ordinal: int) -> str:
    """Return the key of the links of one letter that were followed within a minute."""
    return f"follow:{number}:{ordinal}"


def clicked(number: str | int, language: str, link: int, who: str) -> str:
    """Return the key of the ordinals that followed a link: human, machine or unknown."""
    return f"clk:{number}:{language}:{link}:{who}"


def click_reasons(number: str | int) -> str:
    """Return the key of the signs by which clicks were judged."""
    return f"clicks:{number}"
