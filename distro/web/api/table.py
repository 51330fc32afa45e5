"""The one table of every operation: address, least role, what its scope hides, what it takes."""

from distro.web.api import (
    came_back,
    commands,
    given,
    given_office,
    given_people,
    office,
    orders,
    people,
    releases,
    reports,
    taken,
)
from distro.web.api.operation import Operation, Sees

_D = "/distributions/{distribution}"
_P = "/subscribers/{address}"
_DESKS, _LISTS, _WHOLE, _NOTHING = Sees.DESKS, Sees.LISTS, Sees.WHOLE, Sees.NOTHING

# fmt: off
_RELEASES = (
    Operation(
        method="POST", path="/check", does=releases.check, role="viewer", sees=_NOTHING,
        tag="Releases", summary="Check the files of a release.", files=True, body=taken.Decisions,
        answer=given.Checked,
    ),
    Operation(
        method="POST", path="/plan", does=releases.plan, role="editor", sees=_LISTS,
        tag="Releases", summary="Say who would get a release. Sends nothing.", files=True,
        body=taken.Plan, answer=given.Planned,
    ),
    Operation(
        method="POST", path="/distributions", does=releases.submit, role="editor", sees=_LISTS,
        tag="Releases", summary="Submit a release.", files=True, body=taken.Submit,
        answer=given.Accepted, sends=True, recover=releases.submitted, status=201,
    ),
    Operation(
        method="POST", path=f"{_D}/correction", does=releases.correct, role="approver",
        sees=_DESKS, tag="Releases", summary="Correct a release.", files=True, body=taken.Correct,
        answer=given.Told, sends=True, recover=releases.told, changes=True,
    ),
    Operation(
        method="POST", path=f"{_D}/update", does=releases.update, role="approver", sees=_DESKS,
        tag="Releases", summary="Send a newer text of a release.", files=True, body=taken.Update,
        answer=given.Told, sends=True, recover=releases.told, changes=True,
    ),
    Operation(
        method="GET", path=f"{_D}/draft", does=releases.draft, role="approver", sees=_DESKS,
        tag="Releases", summary="Look at a draft before it is approved.", answer=given.Draft,
    ),
    Operation(
        method="POST", path=f"{_D}/approval", does=releases.approve, role="approver", sees=_DESKS,
        tag="Releases", summary="Approve the draft that was looked at.", body=taken.Approval,
        answer=given.Approved, changes=True,
    ),
    Operation(
        method="POST", path=f"{_D}/rejection", does=releases.reject, role="approver", sees=_DESKS,
        tag="Releases", summary="Reject a draft.", body=taken.Rejection, answer=given.Ordered,
        changes=True,
    ),
)
_ORDERS = (
    Operation(
        method="POST", path=f"{_D}/halt", does=orders.halt, role="editor", sees=_DESKS,
        tag="Orders", summary="Halt a distribution.", body=taken.Reason, answer=given.Ordered,
        changes=True,
    ),
    Operation(
        method="POST", path=f"{_D}/resume", does=orders.resume, role="editor", sees=_DESKS,
        tag="Orders", summary="Go on with a halted distribution.", body=taken.Reason,
        answer=given.Ordered, changes=True,
    ),
    Operation(
        method="POST", path=f"{_D}/cancel", does=orders.cancel, role="editor", sees=_DESKS,
        tag="Orders", summary="End a distribution for good.", body=taken.Reason,
        answer=given.Cancelled, changes=True,
    ),
    Operation(
        method="POST", path=f"{_D}/reschedule", does=orders.reschedule, role="editor", sees=_DESKS,
        tag="Orders", summary="Move a distribution, or its embargo.", body=taken.NewTime,
        answer=given.Rescheduled, changes=True,
    ),
    Operation(
        method="POST", path=f"{_D}/lift", does=orders.lift, role="approver", sees=_DESKS,
        tag="Orders", summary="End an embargo now.", body=taken.Lift, answer=given.Lifted,
        changes=True,
    ),
    Operation(
        method="POST", path=f"{_D}/resend", does=orders.resend, role="editor", sees=_DESKS,
        tag="Orders", summary="Send again, on record.", body=taken.Resend, answer=given.Resent,
        sends=True, recover=orders.resent, changes=True,
    ),
    Operation(
        method="POST", path=f"{_D}/hold", does=orders.hold, role="approver", sees=_DESKS,
        tag="Orders", summary="Ask those who have a release to wait.", body=taken.Hold,
        answer=given.Told, sends=True, recover=releases.told, changes=True,
    ),
    Operation(
        method="POST", path=f"{_D}/clear", does=orders.clear, role="approver", sees=_DESKS,
        tag="Orders", summary="End a hold.", body=taken.Clear, answer=given.Told, sends=True,
        recover=releases.told, changes=True,
    ),
    Operation(
        method="POST", path=f"{_D}/kill", does=orders.kill, role="approver", sees=_DESKS,
        tag="Orders", summary="Take a release back.", body=taken.Kill, answer=given.Told,
        sends=True, recover=releases.told, changes=True,
    ),
    Operation(
        method="POST", path="/domain-halts", does=orders.halt_one_domain, role="editor",
        sees=_WHOLE, tag="Orders", summary="Send nothing to a domain for a while.",
        body=taken.DomainHalt, answer=given.HaltedDomain,
    ),
)
_REPORTS = (
    Operation(
        method="GET", path="/distributions", does=reports.listing, role="viewer", sees=_DESKS,
        tag="Reports", summary="List distributions, newest first.", query=taken.Page,
        answer=given.Distributions,
    ),
    Operation(
        method="GET", path=_D, does=reports.report, role="viewer", sees=_DESKS, tag="Reports",
        summary="What happened to everyone.", answer=given.Report, tagged=True,
    ),
    Operation(
        method="GET", path=f"{_D}/recipients", does=reports.recipients, role="viewer", sees=_DESKS,
        tag="Reports", summary="List recipients, of one state or any.", query=taken.RecipientsPage,
        answer=given.Recipients,
    ),
    Operation(
        method="GET", path=f"{_D}/recipients.csv", does=reports.recipients_as_csv, role="viewer",
        sees=_DESKS, tag="Reports", summary="One line a recipient.", answer="text/csv",
    ),
    Operation(
        method="GET", path=f"{_D}/explanation", does=reports.explanation, role="viewer",
        sees=_DESKS, tag="Reports", summary="What happened to one person, and why.",
        query=taken.OnePerson, answer=given.Explanation,
    ),
    Operation(
        method="GET", path=f"{_D}/audit", does=reports.audit, role="viewer", sees=_DESKS,
        tag="Reports", summary="Recount it from the ledger's bytes.", answer=given.Audit,
    ),
    Operation(
        method="GET", path=f"{_D}/events", does=reports.happened, role="viewer", sees=_DESKS,
        tag="Reports", summary="What was done with it.", query=taken.EventsPage,
        answer=given.Events,
    ),
)
_PEOPLE = (
    Operation(
        method="GET", path="/subscribers", does=people.listing, role="viewer", sees=_LISTS,
        tag="People", summary="Find people of the book.", query=taken.PeoplePage,
        answer=given_people.People,
    ),
    Operation(
        method="POST", path="/subscribers", does=people.add, role="editor", sees=_LISTS,
        tag="People", summary="Add a person.", body=taken.NewPerson,
        answer=given_people.WholePerson, status=201,
    ),
    Operation(
        method="GET", path=_P, does=people.show, role="viewer", sees=_LISTS, tag="People",
        summary="All that the book says of a person.", answer=given_people.WholePerson,
        tagged=True,
    ),
    Operation(
        method="PATCH", path=_P, does=people.change, role="editor", sees=_LISTS, tag="People",
        summary="Change a person.", body=taken.Changes, answer=given_people.WholePerson,
        changes=True,
    ),
    Operation(
        method="DELETE", path=_P, does=people.erase, role="editor", sees=_LISTS, tag="People",
        summary="Erase a person who asked for it.", answer=given_people.Erased, changes=True,
    ),
    Operation(
        method="POST", path=f"{_P}/suppression", does=people.suppress, role="editor", sees=_LISTS,
        tag="People", summary="Keep an address from being written to.", body=taken.Rejection,
        answer=given_people.Suppressed,
    ),
    Operation(
        method="POST", path=f"{_P}/suppression/lift", does=people.lift, role="editor", sees=_LISTS,
        tag="People", summary="Lift a suppression.", body=taken.Rejection,
        answer=given_people.Suppressed,
    ),
    Operation(
        method="POST", path=f"{_P}/unsubscribe", does=people.unsubscribe, role="editor",
        sees=_LISTS, tag="People", summary="Stop all mail to a person, as they asked.",
        answer=given_people.Unsubscribed,
    ),
    Operation(
        method="GET", path="/segments", does=people.segments, role="viewer", sees=_LISTS,
        tag="People", summary="Lists and named segments.", answer=given_people.Segments,
    ),
    Operation(
        method="GET", path="/segments/count", does=people.count, role="viewer", sees=_LISTS,
        tag="People", summary="Count who matches.", query=taken.OneExpression,
        answer=given_people.Count,
    ),
    Operation(
        method="GET", path="/segments/sample", does=people.sample, role="viewer", sees=_LISTS,
        tag="People", summary="Some of those who match.", query=taken.Sample,
        answer=given_people.People,
    ),
    Operation(
        method="GET", path="/segments/explanation", does=people.why, role="viewer", sees=_LISTS,
        tag="People", summary="Why a person is in a segment, or not.", query=taken.Explained,
        answer=given_people.Terms,
    ),
    Operation(
        method="GET", path="/subscribers.csv", does=people.book_as_csv, role="editor",
        sees=_LISTS, tag="People", summary="People of the book as a spreadsheet.",
        query=taken.Segment, answer="text/csv",
    ),
    Operation(
        method="GET", path=f"{_P}/personal-data", does=people.personal, role="editor",
        sees=_LISTS, tag="People", summary="All that is held on a person (GDPR article 15).",
        answer=given_people.PersonalData,
    ),
    Operation(
        method="POST", path="/segments/audit", does=people.audited, role="viewer", sees=_WHOLE,
        tag="People", summary="Find lists and segments that match nobody, or lost half.",
        answer=given_people.AuditedSegments,
    ),
    Operation(
        method="POST", path="/segments/{segment}/closure", does=people.close, role="editor",
        sees=_LISTS, tag="People", summary="Close a list whose people were told.",
        body=taken.Closure, answer=given_people.Closed,
    ),
    Operation(
        method="POST", path="/imports", does=people.import_file, role="editor", sees=_WHOLE,
        tag="People", summary="Import a spreadsheet.", files=True, body=taken.Import,
        answer=given_people.Imported,
    ),
)
_CAME_BACK = (
    Operation(
        method="GET", path="/suggestions", does=came_back.open_suggestions, role="viewer",
        sees=_LISTS, tag="What came back", summary="What answers say of people.",
        answer=given_office.Suggestions,
    ),
    Operation(
        method="POST", path="/suggestions/{suggestion}", does=came_back.decide_suggestion,
        role="editor", sees=_LISTS, tag="What came back", summary="Decide a suggestion.",
        body=taken.Decision, answer=given_office.Decided,
    ),
    Operation(
        method="GET", path="/storms", does=came_back.open_storms, role="viewer", sees=_WHOLE,
        tag="What came back", summary="Texts that struck many at once.",
        answer=given_office.Storms,
    ),
    Operation(
        method="POST", path="/storms/{storm}", does=came_back.decide_storm, role="editor",
        sees=_WHOLE, tag="What came back", summary="Decide a storm.", body=taken.Decision,
        answer=given_office.Decided,
    ),
    Operation(
        method="GET", path="/messages/{message}", does=came_back.message, role="editor",
        sees=_WHOLE, tag="What came back", summary="A message that came back to this host.",
        answer=given_office.Message,
    ),
    Operation(
        method="POST", path=f"{_P}/suppression/undo", does=came_back.undo, role="editor",
        sees=_LISTS, tag="What came back", summary="Take back what a message did to a person.",
        body=taken.Reason, answer=given_people.Suppressed,
    ),
    Operation(
        method="GET", path="/sender-reports", does=came_back.sender_reports, role="viewer",
        sees=_WHOLE, tag="What came back", summary="What receivers report of mail in our name.",
        query=taken.Days, answer=given_office.SenderReports,
    ),
    Operation(
        method="POST", path="/judgements", does=came_back.judge_again, role="editor",
        sees=_WHOLE, tag="What came back", summary="Judge again what came back to this host.",
        body=taken.JudgeAgain, answer=given_office.Judgements,
    ),
)
_OFFICE = (
    Operation(
        method="POST", path="/commands", does=commands.run, role="viewer", sees=_NOTHING,
        tag="Office", summary="Run a command of the command line.", files=True, least_files=0,
        body=taken.CommandForm, answer="application/x-ndjson",
    ),
    Operation(
        method="GET", path="/me", does=office.me, role="viewer", sees=_NOTHING, tag="Office",
        summary="Who you are here.", answer=given_office.User,
    ),
    Operation(
        method="GET", path="/users", does=office.everybody, role="admin", sees=_WHOLE,
        tag="Office", summary="The people who may do something.", answer=given_office.Users,
    ),
    Operation(
        method="POST", path="/users", does=office.add, role="admin", sees=_WHOLE, tag="Office",
        summary="Add a person.", body=taken.NewUser, answer=given_office.Token, status=201,
    ),
    Operation(
        method="POST", path="/users/{user}/token", does=office.another_token, role="admin",
        sees=_WHOLE, tag="Office", summary="Make another token.", body=taken.NewToken,
        answer=given_office.Token,
    ),
    Operation(
        method="DELETE", path="/users/{user}", does=office.disable, role="admin", sees=_WHOLE,
        tag="Office", summary="End a person's token.", answer=given_office.User,
    ),
    Operation(
        method="GET", path="/audit-log", does=office.audit_lines, role="admin", sees=_WHOLE,
        tag="Office", summary="Who asked for what.", query=taken.Page,
        answer=given_office.AuditLog,
    ),
    Operation(
        method="GET", path="/relays", does=office.relays, role="editor", sees=_WHOLE, tag="Office",
        summary="How the relays stand, who is slowed, who is halted.", answer=given_office.Relays,
    ),
    Operation(
        method="GET", path="/health", does=office.health, role="admin", sees=_WHOLE, tag="Office",
        summary="Examine the installation.", answer=given_office.Health,
    ),
    Operation(
        method="GET", path="/settings", does=office.settings, role="admin", sees=_WHOLE,
        tag="Office", summary="All settings with their sources.", answer=given_office.Settings,
    ),
)
# fmt: on
OPERATIONS: tuple[Operation, ...] = (
    *_RELEASES,
    *_ORDERS,
    *_REPORTS,
    *_PEOPLE,
    *_CAME_BACK,
    *_OFFICE,
)
