"""Drives the sandbox at the address given with simple-salesforce."""

import sys
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_soql

ADDRESS = sys.argv[1]


class WithoutTls(HTTPAdapter):
    """Sends what is meant for an org to the sandbox."""

    def send(self, request, **options):
        url = urlsplit(request.url)
        request.url = url._replace(scheme="http", netloc=ADDRESS).geturl()
        return super().send(request, **options)


def session():
    made = requests.Session()
    made.mount("https://", WithoutTls())
    return made


def connect(**credentials):
    return Salesforce(session=session(), version="66.0", **credentials)


def by_secret(secret="sandbox"):
    return connect(consumer_key="sandbox", consumer_secret=secret, domain="acme.my")


def raises(kind, code, doing):
    try:
        doing()
    except kind as error:
        is_login = kind is SalesforceAuthenticationFailed
        told = error.code if is_login else error.content[0]["errorCode"]
        assert told == code, (told, code)
        return
    raise AssertionError(f"{code} was not raised")


def signs_in():
    assert by_secret().sf_instance == ADDRESS
    raises(SalesforceAuthenticationFailed, "invalid_client", lambda: by_secret("wrong"))


def signs_in_by_signature():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    user = {"username": "integration@example.com", "privatekey": pem.decode()}
    assert connect(consumer_key="sandbox", **user).query("SELECT Id FROM User LIMIT 1")["records"]
    raises(
        SalesforceAuthenticationFailed,
        "invalid_grant",
        lambda: connect(consumer_key="sandbox", **{**user, "username": "nobody@example.com"}),
    )


def signs_in_again_when_the_session_ended():
    other = by_secret()
    other.headers["Authorization"] = "Bearer 00D!stale"
    assert other.query("SELECT Id FROM User LIMIT 1")["done"]
    assert other.headers["Authorization"] != "Bearer 00D!stale"


def lists_limits_and_objects():
    assert sf.limits()["DailyApiRequests"]["Remaining"] > 0
    assert "Case" in [described["name"] for described in sf.describe()["sobjects"]]
    usage = sf.api_usage["api-usage"]
    assert 0 < usage.used < usage.total


def describes_a_case():
    fields = {field["name"]: field for field in sf.Case.describe()["fields"]}
    assert fields["Subject"]["length"] == 255
    assert not fields["ClosedDate"]["updateable"]
    assert fields["Casewire_Leaf_Queue__c"]["externalId"]
    assert sf.Case.metadata()["objectDescribe"]["keyPrefix"] == "500"


def creates_reads_changes_and_deletes():
    contact = sf.Contact.create({"LastName": "O'Neil", "Phone": "(555) 010-0100"})
    assert contact["success"] and contact["errors"] == []
    case = sf.Case.create({"Subject": "Zoë & co.", "ContactId": contact["id"]})["id"]
    assert sf.Case.get(case)["Subject"] == "Zoë & co."
    assert sf.Case.update(case, {"Status": "Closed"}) == 204
    assert sf.Case.get(case)["IsClosed"] is True
    assert sf.Case.delete(case) == 204
    raises(SalesforceResourceNotFound, "ENTITY_IS_DELETED", lambda: sf.Case.delete(case))
    raises(SalesforceResourceNotFound, "NOT_FOUND", lambda: sf.Case.get("500000000000zzzAAA"))


def queries_with_quotes_and_pages():
    by_name = format_soql("SELECT Id, Phone FROM Contact WHERE LastName = {}", "O'Neil")
    assert sf.query(by_name)["records"][0]["Phone"] == "(555) 010-0100"
    injected = format_soql("SELECT Id FROM Contact WHERE LastName = {}", "\\' OR Id != '")
    assert sf.query(injected)["totalSize"] == 0
    for first in (0, 200, 400):
        rows = [
            {"attributes": {"type": "Contact"}, "LastName": f"Row {first + number}"}
            for number in range(200)
        ]
        made = sf.restful("composite/sobjects", method="POST", json={"records": rows})
        assert all(row["success"] for row in made)
    soql = "SELECT Id FROM Contact WHERE LastName LIKE 'Row %'"
    options = {"Sforce-Query-Options": "batchSize=250"}
    assert sf.query(soql, headers=options)["done"] is False
    assert len({row["Id"] for row in sf.query_all(soql, headers=options)["records"]}) == 600


def upserts_by_external_id():
    path = "Casewire_Customer__c/tel%3A%2B15550100100"
    assert sf.Contact.upsert(path, {"LastName": "One"}) == 201
    assert sf.Contact.upsert(path, {"LastName": "Two"}) == 200
    found = sf.Contact.get_by_custom_id("Casewire_Customer__c", "tel:+15550100100")
    assert found["LastName"] == "Two"
    for name in ("Three", "Four"):
        sf.Contact.create({"LastName": name, "Casewire_External_Id__c": "twins"})
    twins = "Casewire_External_Id__c/twins"
    try:
        sf.Contact.upsert(twins, {"LastName": "Five"})
        raise AssertionError("two rows have this id")
    except SalesforceMoreThanOneRecord as error:
        assert len(error.content) == 2


def searches_for_a_phone_number():
    found = sf.search("FIND {5550100100} IN PHONE FIELDS RETURNING Contact(Id, Phone)")
    assert [row["Phone"] for row in found["searchRecords"]] == ["(555) 010-0100"]


def is_told_what_is_wrong():
    for code, doing in (
        ("INVALID_FIELD", lambda: sf.Case.create({"Nothing__c": "1"})),
        ("REQUIRED_FIELD_MISSING", lambda: sf.Contact.create({"FirstName": "Kim"})),
        ("STRING_TOO_LONG", lambda: sf.Case.create({"Subject": "a" * 256})),
        ("MALFORMED_QUERY", lambda: sf.query("SELECT Id FROM")),
        ("INVALID_FIELD", lambda: sf.query("SELECT Nothing__c FROM Case")),
    ):
        raises(SalesforceMalformedRequest, code, doing)
    token = {"Casewire_Session__c": "call/1@abcdef"}
    sf.Case.create(token)
    raises(SalesforceMalformedRequest, "DUPLICATE_VALUE", lambda: sf.Case.create(token))


def makes_a_field():
    field = {"type": "Text", "label": "Region", "length": 40, "required": False}
    body = {"FullName": "Case.Region__c", "Metadata": field}
    assert sf.toolingexecute("sobjects/CustomField", "POST", body)["success"]
    soql = "SELECT DeveloperName FROM CustomField WHERE DeveloperName = 'Region'"
    found = sf.toolingexecute("query", params={"q": soql})
    assert [row["DeveloperName"] for row in found["records"]] == ["Region"]


sf = by_secret()
for step in (
    signs_in,
    signs_in_by_signature,
    signs_in_again_when_the_session_ended,
    lists_limits_and_objects,
    describes_a_case,
    creates_reads_changes_and_deletes,
    queries_with_quotes_and_pages,
    upserts_by_external_id,
    searches_for_a_phone_number,
    is_told_what_is_wrong,
    makes_a_field,
):
    print(step.__name__, flush=True)
    step()
print("all is well")
