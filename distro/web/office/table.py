"""The one table of the office's pages: what each shows, and what each can do."""

from distro.actors import ROLES
from distro.reports import export
from distro.store import distributions
from distro.web.api.operation import Call
from distro.web.office.view import Act, Input, View, named

_D = "/releases/{distribution}"
_P = "/people/{address}"
_LIST, _REPORT = named("get_distributions"), named("get_distributions_distribution")
_EVENTS = named("get_distributions_distribution_events")
_UNDER_WAY = ("scheduled", "freezing", "sending")
_ALL = (*_UNDER_WAY, "draft", "halted", "sent")
_NOTE = Input("note", "What readers are told", "long", required=True)
_WHY = Input("reason", "Why, for the record")
_GLASS = Input(
    "break_glass", "Without approval, because", hint="In an emergency only; it is marked for ever."
)
_ROLES = tuple((role, role) for role in ROLES)
_FOR_HOW_LONG = Input("expires", "The token is good for", hint="Like 30d; empty: 90 days.")


def _of_the_book(call: Call) -> int:
    return export.count_book(call.installation, call.query.segment)


def _of_a_release(call: Call) -> int:
    return distributions.read(call.installation.store, call.distribution()).audience


# fmt: off
VIEWS = (
    View(path="", template="today.html", title="Today", asks={"list": _LIST}),
    View(path="/releases", template="releases.html", title="Releases", asks={"list": _LIST},
         takes={"list": ("cursor",)}),
    View(path=_D, template="release.html", title="", asks={"report": _REPORT, "events": _EVENTS}),
    View(path=f"{_D}/recipients", template="recipients.html", title="Recipients",
         asks={"report": _REPORT, "page": named("get_distributions_distribution_recipients")},
         takes={"page": ("state", "cursor")}),
    View(path=f"{_D}/letters", template="letters.html", title="The letter",
         asks={"report": _REPORT}),
    View(path=f"{_D}/versions", template="versions.html", title="Versions",
         asks={"report": _REPORT}),
    View(path=f"{_D}/versions/{{other}}", template="versions.html", title="Versions",
         asks={"report": _REPORT}),
    View(path=f"{_D}/versions/{{other}}/{{language}}", template="versions.html", title="Versions",
         asks={"report": _REPORT}),
    View(path=f"{_D}/draft", template="draft.html", title="Approve",
         asks={"draft": named("get_distributions_distribution_draft")}),
    View(path="/people", template="people.html", title="People",
         asks={"page": named("get_subscribers")},
         takes={"page": ("search", "segment", "cursor")}),
    View(path=_P, template="person.html", title="",
         asks={"person": named("get_subscribers_address"), "list": _LIST}),
    View(path="/segments", template="segments.html", title="Segments",
         asks={"segments": named("get_segments"), "count": named("get_segments_count"),
               "sample": named("get_segments_sample")},
         takes={"count": ("expression",), "sample": ("expression",)}),
    View(path="/came-back", template="came_back.html", title="What came back",
         asks={"suggestions": named("get_suggestions")}),
    View(path="/storms", template="storms.html", title="Storms",
         asks={"storms": named("get_storms")}),
    View(path="/health", template="health.html", title="Health",
         asks={"health": named("get_health")}),
    View(path="/relays", template="relays.html", title="Relays and pace",
         asks={"relays": named("get_relays")}),
    View(path="/sender-reports", template="sender_reports.html", title="Mail in our name",
         asks={"reports": named("get_sender_reports")}, takes={"reports": ("days",)}),
    View(path="/audit-log", template="audit_log.html", title="Audit log",
         asks={"log": named("get_audit_log")}, takes={"log": ("limit",)}),
    View(path="/users", template="users.html", title="Users", asks={"users": named("get_users")}),
    View(path="/settings", template="settings.html", title="Settings",
         asks={"settings": named("get_settings")}),
)
ACTS = (
    Act(path=f"{_D}/approve", operation=named("post_distributions_distribution_approval"),
        title="Approve", button="Approve it", final=True, states=("draft",),
        says="It goes out exactly as it is shown, at its time. Any change voids the approval.",
        inputs=(Input("digest", "What was looked at", "fixed"),)),
    Act(path=f"{_D}/reject", operation=named("post_distributions_distribution_rejection"),
        title="Reject", button="Reject it", states=("draft",),
        says="It stays a draft, and nothing of it is sent.",
        inputs=(Input("reason", "Why", required=True),)),
    Act(path=f"{_D}/halt", operation=named("post_distributions_distribution_halt"), title="Halt",
        button="Halt it now", says="No letter begins more than a second later.", inputs=(_WHY,),
        states=_UNDER_WAY),
    Act(path=f"{_D}/resume", operation=named("post_distributions_distribution_resume"),
        title="Resume", button="Go on", inputs=(_WHY,), states=("halted",),
        says="It goes on; this overrides the check that halted it."),
    Act(path=f"{_D}/reschedule", operation=named("post_distributions_distribution_reschedule"),
        title="Reschedule", button="Move it", states=("scheduled", "draft"),
        says="Its audience is selected again at the new time.",
        inputs=(Input("at", "When", hint="2026-12-01 10:00 Europe/Zurich", required=True),)),
    Act(path=f"{_D}/cancel", operation=named("post_distributions_distribution_cancel"),
        title="Cancel", button="End it for good", final=True, inputs=(_WHY,),
        says="No more letters begin. Whoever has it keeps it.",
        states=(*_UNDER_WAY, "draft", "halted")),
    Act(path=f"{_D}/lift", operation=named("post_distributions_distribution_lift"),
        title="Lift the embargo", button="End the embargo now", final=True, states=_UNDER_WAY,
        says="Everyone who waits for it gets it at once.",
        inputs=(_WHY, Input("broken", "Somebody did not keep it: tell everyone", "check"))),
    Act(path=f"{_D}/resend", operation=named("post_distributions_distribution_resend"),
        title="Send again", button="Send again", states=("sent", "sending", "halted"),
        says="On record. Who is in doubt may get it twice.",
        inputs=(Input("only", "To all who", "choice",
                      choices=(("", "– or to one reader –"), ("failed", "failed"),
                               ("in_doubt", "are in doubt"))),
                Input("to", "To one reader", hint="ana@daily.example"))),
    Act(path=f"{_D}/hold", operation=named("post_distributions_distribution_hold"), title="Hold",
        button="Halt it and ask to wait", states=(*_UNDER_WAY, "halted", "sent"),
        says="It is halted, and exactly those who have it are asked to wait.",
        inputs=(_NOTE, Input("until", "You write again by", hint="2026-12-01 16:00"), _GLASS)),
    Act(path=f"{_D}/clear", operation=named("post_distributions_distribution_clear"),
        title="Clear", button="Tell them, and go on", inputs=(_NOTE,), states=_ALL,
        says="The hold ends: those who were asked to wait are told, the others get it."),
    Act(path=f"{_D}/kill", operation=named("post_distributions_distribution_kill"), title="Kill",
        button="Take it back for good", final=True, inputs=(_NOTE, _GLASS), states=_ALL,
        says="Nothing more of it is sent, its pages close, and everyone who has it is told."),
    Act(path=f"{_P}/suppress", operation=named("post_subscribers_address_suppression"),
        title="Suppress", button="Do not write to them",
        says="They are not written to until somebody lifts it.",
        inputs=(Input("reason", "Why", required=True),)),
    Act(path=f"{_P}/lift", operation=named("post_subscribers_address_suppression_lift"),
        title="Lift the suppression", button="Write to them again",
        says="A person's own wish stays.", inputs=(Input("reason", "Why", required=True),)),
    Act(path=f"{_P}/unsubscribe", operation=named("post_subscribers_address_unsubscribe"),
        title="Unsubscribe", button="Stop all mail",
        says="They asked for it, by telephone say. Only they can undo it."),
    Act(path=f"{_P}/erase", operation=named("delete_subscribers_address"), title="Erase",
        button="Forget them for good", final=True, then="/people",
        says="Only a keyed hash is kept, so that no import brings them back."),
    Act(path="/suggestions/{suggestion}", operation=named("post_suggestions_suggestion"),
        title="A suggestion", button="Decide", then="/came-back",
        says="What an answer says of a person.",
        inputs=(Input("decision", "It is", "choice",
                      choices=(("accept", "right: carry it out"),
                               ("dismiss", "wrong: drop it"))),)),
    Act(path="/storms/{storm}", operation=named("post_storms_storm"), title="A storm",
        button="Decide", then="/storms", final=True,
        says="One text of a server struck many addresses; what it would do is held.",
        inputs=(Input("decision", "The server", "choice",
                      choices=(("dismiss", "was in trouble: the addresses are good"),
                               ("accept", "is right: do not write to them again"))),)),
    Act(path=f"{_D}/recipients/save",
        operation=named("get_distributions_distribution_recipients_csv"),
        title="Save as a spreadsheet", button="Save it", people=_of_a_release,
        says="One line a recipient: state, times, the words of their server."),
    Act(path="/people/save", operation=named("get_subscribers_csv"),
        title="Save as a spreadsheet", button="Save it", people=_of_the_book,
        says="Everybody in sight with all columns; an import takes the file back.",
        inputs=(Input("segment", "In a list or segment", hint="Empty: everybody."),)),
    Act(path=f"{_P}/save", operation=named("get_subscribers_address_personal_data"),
        title="Save all we hold", button="Save it", saves="personal-data.json",
        says="For the person who asks for it: what is held on them, and every letter."),
    Act(path=f"{_P}/undo", operation=named("post_subscribers_address_suppression_undo"),
        title="Undo", button="Write to them again", inputs=(_WHY,),
        says="Takes back what a message of the last 28 days did to them."),
    Act(path="/segments/{segment}/close", operation=named("post_segments_segment_closure"),
        title="Close the list", button="Take everybody off it", then="/segments", final=True,
        says="Everybody on it was told by a letter, and is taken off. They stay in the book.",
        inputs=(Input("told", "The distribution that told them", hint="D17", required=True),
                Input("reason", "Why", required=True))),
    Act(path="/relays/halt", operation=named("post_domain_halts"), title="Halt a domain",
        button="Send nothing there", says="Nobody there is written to for a while; others are.",
        inputs=(Input("domain", "Domain or provider", hint="outlook.com, or google",
                      required=True),
                Input("during", "For", hint="2h; 0s: go on now"), _WHY)),
    Act(path="/judge-again", operation=named("post_judgements"), title="Judge again",
        button="Judge it again", then="/came-back", result="judged.html",
        says="What came back to this host is judged by the rules of today.",
        inputs=(Input("since", "From this day on", hint="2026-11-20", required=True),
                Input("dry_run", "Only say what would change", "check"))),
    Act(path="/users/add", operation=named("post_users"), title="Add a person", fresh=True,
        button="Add them", result="token.html", says="Their token is shown once, to you.",
        inputs=(Input("name", "Name", hint="Small letters: ana.", required=True),
                Input("role", "Role", "choice", choices=_ROLES), _FOR_HOW_LONG,
                Input("desks", "Sees these desks", "words",
                      hint="Several with commas; empty: all."),
                Input("lists", "Sees these lists", "words",
                      hint="Several with commas; empty: all."))),
    Act(path="/users/{user}/token", operation=named("post_users_user_token"), fresh=True,
        title="Another token", button="Make another", then="/users", result="token.html",
        says="The one before ends; this one is shown once, to you.", inputs=(_FOR_HOW_LONG,)),
    Act(path="/users/{user}/disable", operation=named("delete_users_user"), title="End a token",
        button="End it", then="/users", fresh=True,
        says="They cannot do anything any more; their name stays in what they did."),
)
# fmt: on
