"""Drives the sandbox at the address given with python-freshdesk."""

import json
import os
import ssl
import sys
import tempfile
import threading
from datetime import datetime, timedelta, timezone
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from freshdesk.v2.api import API
from freshdesk.v2.errors import (
    FreshdeskAccessDenied,
    FreshdeskBadRequest,
    FreshdeskError,
    FreshdeskNotFound,
    FreshdeskRateLimited,
    FreshdeskServerError,
    FreshdeskUnauthorized,
)

ADDRESS = sys.argv[1]
DOMAIN = "acme.freshdesk.com"

# requests lets the environment overrule the proxy and the certificate that it is given.
for name in ("ALL_PROXY", "HTTPS_PROXY", "NO_PROXY", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
    os.environ.pop(name, None)
    os.environ.pop(name.lower(), None)


def certificate():
    """A file with a key and a certificate for the domain."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, DOMAIN)])
    now = datetime.now(timezone.utc)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(DOMAIN)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tempfile.NamedTemporaryFile(suffix=".pem")
    file.write(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    file.write(signed.public_bytes(serialization.Encoding.PEM))
    file.flush()
    return file


CERTIFICATE = certificate()
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
TLS.load_cert_chain(CERTIFICATE.name)


class Proxy(BaseHTTPRequestHandler):
    """Ends the TLS of what is meant for the domain, and hands the rest to the sandbox as it is."""

    protocol_version = "HTTP/1.1"

    def do_CONNECT(self):
        assert self.path == f"{DOMAIN}:443", self.path
        self.send_response(200)
        self.end_headers()
        self.connection = TLS.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb")
        self.close_connection = False

    def hand_over(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        sandbox = HTTPConnection(ADDRESS)
        sandbox.request(self.command, self.path, body or None, dict(self.headers))
        answer = sandbox.getresponse()
        content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        if answer.status != 204:
            self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_DELETE = do_GET = do_POST = do_PUT = hand_over

    def log_message(self, *_):
        pass


def control(method, path, body):
    """Asks the sandbox itself."""
    sandbox = HTTPConnection(ADDRESS)
    sandbox.request(method, f"/_sandbox/{path}", body)
    answer = sandbox.getresponse()
    content = answer.read()
    assert answer.status < 300, content
    return json.loads(content or b"null")


def connect(key="sandbox"):
    port = proxy.server_address[1]
    return API(DOMAIN, key, CERTIFICATE.name, {"https": f"http://127.0.0.1:{port}"})


def raises(kind, told, doing):
    try:
        doing()
    except FreshdeskError as error:
        assert type(error) is kind, repr(error)
        assert told in str(error), error
        return
    raise AssertionError(f"{told} was not raised")


def is_told_who_it_is():
    me = api.agents.currently_authenticated_agent()
    assert str(me) == "Integration" and me.id > 2**32
    raises(FreshdeskUnauthorized, "logged in", connect("wrong").agents.currently_authenticated_agent)


def finds_agents():
    [found] = api.agents.list_agents(email="integration@example.com")
    assert api.agents.get_agent(found.id).contact["email"] == "integration@example.com"
    assert api.agents.list_agents(email="nobody@example.com") == []
    raises(FreshdeskNotFound, "", lambda: api.agents.get_agent(7))


def lists_fields():
    fields = {field.label: field for field in api.ticket_fields.list_ticket_fields()}
    assert fields["Leaf queue"].name == "cf_leaf_queue"
    assert fields["Region"].choices == ["North", "South"]
    [status] = api.ticket_fields.list_ticket_fields(type="default_status")
    assert {"2", "3", "4", "5"} <= set(status.choices)


def creates_finds_and_changes_contacts():
    made = api.contacts.create_contact(
        name="Zoë O'Neil",
        email="zoe@example.com",
        phone="+15550100100",
        unique_external_id="c-7",
    )
    assert api.contacts.get_contact(made.id).name == "Zoë O'Neil"
    for found_by in (
        {"email": "ZOE@example.com"},
        {"phone": "+15550100100"},
        {"unique_external_id": "c-7"},
    ):
        assert [found.id for found in api.contacts.list_contacts(**found_by)] == [made.id], found_by
    assert api.contacts.list_contacts(mobile="+15550100100") == []
    changed = api.contacts.update_contact(made.id, mobile="+15550100101")
    assert changed.phone == "+15550100100" and changed.mobile == "+15550100101"
    again = {"name": "Other", "email": "zoe@example.com"}
    raises(FreshdeskError, "duplicate_value", lambda: api.contacts.create_contact(**again))
    raises(FreshdeskBadRequest, "missing_field", lambda: api.contacts.create_contact(name="Other"))
    gone = api.contacts.create_contact(name="Gone", phone="+15550100102")
    api.contacts.soft_delete_contact(gone.id)
    assert api.contacts.list_contacts(phone="+15550100102") == []
    api.contacts.restore_contact(gone.id)
    assert [found.id for found in api.contacts.list_contacts(phone="+15550100102")] == [gone.id]


def creates_reads_and_changes_tickets():
    made = api.tickets.create_ticket(
        "Call <1> & more",
        email="zoe@example.com",
        description="<div>Call 1</div>",
        source=3,
        tags=["vip", "Voice Inbound (IVR)"],
        custom_fields={"cf_leaf_queue": "13", "cf_region": "North"},
    )
    assert (made.status, made.priority, made.source) == ("open", "low", "phone")
    read = api.tickets.get_ticket(made.id, "requester", "stats")
    assert str(read) == "Call <1> & more" and read.requester["name"] == "Zoë O'Neil"
    assert read.description_text == "Call 1" and read.stats["resolved_at"] is None
    assert not hasattr(api.tickets.get_ticket(made.id), "stats")
    changed = api.tickets.update_ticket(
        made.id, status=4, tags=["UJET"], custom_fields={"cf_region": "South"}
    )
    assert changed.status == "resolved" and changed.tags == ["UJET"]
    assert changed.custom_fields["cf_leaf_queue"] == "13"
    assert changed.custom_fields["cf_region"] == "South"
    assert api.tickets.get_ticket(made.id, "stats").stats["resolved_at"] is not None
    assert api.tickets.update_ticket(made.id, status=2).status == "open"


def a_ticket_brings_a_new_contact():
    made = api.tickets.create_ticket(
        "Call 2", phone="+15550100103", name="Kim", description="Call 2", source=3
    )
    [kim] = api.contacts.list_contacts(phone="+15550100103")
    assert made.requester_id == kim.id and kim.name == "Kim"


def filters_and_pages_through_tickets():
    numbers = range(35)
    for number in numbers:
        api.tickets.create_ticket(
            f"Row {number}", email="rows@example.com", description="x", status=3
        )
    since = "2000-01-01T00:00:00Z"
    of_rows = {"filter_name": None, "email": "rows@example.com"}
    rows = api.tickets.list_tickets(updated_since=since, per_page=10, **of_rows)
    assert {str(row) for row in rows} == {f"Row {number}" for number in numbers}
    assert len(api.tickets.list_tickets(**of_rows)) == 35
    assert len(api.tickets.list_tickets(page=3, per_page=15, **of_rows)) == 5
    ids = [row.id for row in rows]
    assert ids == sorted(ids, reverse=True), "the newest come first"
    assert all(row.status == "open" for row in api.tickets.list_new_and_my_open_tickets())
    assert api.tickets.list_watched_tickets() == api.tickets.list_deleted_tickets() == []
    assert api.tickets.list_tickets(filter_name=None, updated_since="2999-01-01T00:00:00Z") == []
    too_many = {"per_page": 101, **of_rows}
    raises(FreshdeskBadRequest, "per_page", lambda: api.tickets.list_tickets(**too_many))
    raises(FreshdeskBadRequest, "filter", lambda: api.tickets.list_tickets(filter_name="all"))


def searches():
    assert len(api.tickets.filter_tickets("status:3")) == 35
    found = api.tickets.filter_tickets("cf_leaf_queue:'13' AND (status:2 OR status:4)")
    assert [str(ticket) for ticket in found] == ["Call <1> & more"]
    raises(FreshdeskBadRequest, "subject", lambda: api.tickets.filter_tickets("subject:'x'"))


def adds_and_lists_notes():
    ticket = api.tickets.create_ticket("Notes", email="zoe@example.com", description="x")
    note = api.comments.create_note(ticket.id, "<div>one &amp; two</div>")
    assert note.private and note.source == "note" and note.ticket_id == ticket.id
    assert str(note) == "one & two"
    assert api.comments.create_note(ticket.id, "all see this", private=False).private is False
    for number in range(10):
        api.comments.create_note(ticket.id, f"note {number}")
    notes = api.comments.list_comments(ticket.id, per_page=5)
    assert len(notes) == 12 and notes[0].id == note.id
    shown = api.tickets.get_ticket(ticket.id, "conversations").conversations
    assert [one["id"] for one in shown] == [one.id for one in notes[:10]]
    raises(FreshdeskBadRequest, "body", lambda: api.comments.create_note(ticket.id, None))


def is_told_what_is_wrong():
    def create(**changes):
        values = {"email": "zoe@example.com", "description": "x", **changes}
        return lambda: api.tickets.create_ticket("Wrong", **values)

    for told, changes in (
        ("invalid_field", {"unheard_of": 1}),
        ("custom_fields.cf_unheard_of", {"custom_fields": {"cf_unheard_of": "1"}}),
        ("custom_fields.cf_region", {"custom_fields": {"cf_region": "West"}}),
        ("255", {"custom_fields": {"cf_leaf_queue": "x" * 256}}),
        ("32 characters", {"tags": ["x" * 33]}),
        ("status", {"status": 9}),
        ("requester_id", {"email": None, "requester_id": 7}),
        ("name", {"email": None, "phone": "+15550100109"}),
        ("responder_id", {"responder_id": 7}),
        ("datatype_mismatch", {"tags": "vip"}),
    ):
        raises(FreshdeskBadRequest, told, create(**changes))
    raises(FreshdeskNotFound, "", lambda: api.tickets.get_ticket(999_999))
    ticket = create()()
    raises(FreshdeskAccessDenied, "not authorized", lambda: api.tickets.delete_ticket(ticket.id))
    control("DELETE", f"records/{ticket.id}", None)
    raises(FreshdeskError, "405", lambda: api.tickets.update_ticket(ticket.id, status=4))
    assert api.tickets.get_ticket(ticket.id).deleted is True
    raises(FreshdeskNotFound, "", api.roles.list_roles)


def meets_limits_and_outages():
    me = api.agents.currently_authenticated_agent
    control("PUT", "faults", "throttle=1")
    raises(FreshdeskRateLimited, "until ", me)
    raises(FreshdeskRateLimited, "seconds", lambda: api.tickets.create_ticket("x"))
    control("PUT", "faults", "unavailable=1")
    raises(FreshdeskServerError, "503", me)
    control("PUT", "faults", "")
    me()


proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
proxy.daemon_threads = True
threading.Thread(target=proxy.serve_forever, daemon=True).start()
api = connect()
for step in (
    is_told_who_it_is,
    finds_agents,
    lists_fields,
    creates_finds_and_changes_contacts,
    creates_reads_and_changes_tickets,
    a_ticket_brings_a_new_contact,
    filters_and_pages_through_tickets,
    searches,
    adds_and_lists_notes,
    is_told_what_is_wrong,
    meets_limits_and_outages,
):
    print(step.__name__, flush=True)
    step()
print("all is well")
