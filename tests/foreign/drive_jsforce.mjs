// Drives the sandbox at the address given with jsforce.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const { Connection } = createRequire(`${process.cwd()}/`)("jsforce");

const url = `http://${process.argv[2]}`;
const oauth2 = { loginUrl: url, clientId: "sandbox", clientSecret: "sandbox" };
const connect = (options) => new Connection({ oauth2, instanceUrl: url, version: "66.0", ...options });

const refused = (doing, errorCode) =>
  assert.rejects(doing, (error) => {
    assert.equal(error.errorCode ?? error.name, errorCode, error);
    return true;
  });

const steps = {
  async "renews an expired token, once and rotated"() {
    const stale = connect({ accessToken: "00D!stale", refreshToken: "sandbox" });
    let renewed = 0;
    stale.on("refresh", () => (renewed += 1));
    const found = await stale.query("SELECT Id FROM User LIMIT 1");
    assert.equal(found.records.length, 1);
    assert.equal(renewed, 1);
    const again = connect({ accessToken: "00D!stale", refreshToken: "sandbox" });
    await assert.rejects(again.query("SELECT Id FROM User LIMIT 1"), /expired access\/refresh token/);
  },

  async "signs in"() {
    const user = await conn.authorize({ grant_type: "client_credentials" });
    assert.match(user.id, /^005/);
    assert.match(user.organizationId, /^00D/);
    assert.equal(conn.instanceUrl, url);
    const wrong = connect({ oauth2: { ...oauth2, clientSecret: "wrong" } });
    await refused(wrong.authorize({ grant_type: "client_credentials" }), "invalid_client");
  },

  async "lists versions, limits and objects"() {
    const versions = await conn.request("/services/data");
    assert.ok(versions.some(({ version }) => version === "66.0"));
    const limits = await conn.limits();
    assert.ok(limits.DailyApiRequests.Remaining > 0);
    assert.ok(conn.limitInfo.apiUsage.limit > conn.limitInfo.apiUsage.used);
    const { sobjects } = await conn.describeGlobal();
    assert.ok(sobjects.some(({ name }) => name === "Case"));
  },

  async "describes a case"() {
    const described = await conn.sobject("Case").describe();
    assert.equal(described.keyPrefix, "500");
    const field = (name) => described.fields.find((field) => field.name === name);
    assert.equal(field("Subject").length, 255);
    assert.equal(field("IsClosed").updateable, false);
    assert.ok(field("Status").picklistValues.some(({ value }) => value === "New"));
    assert.equal(field("Casewire_Session__c").unique, true);
  },

  async "creates, reads, changes and deletes a case"() {
    const contact = await conn.sobject("Contact").create({ LastName: "O'Neil", Email: "kim@example.com" });
    const made = await conn.sobject("Case").create({ Subject: "Zoë & co. 1/2", ContactId: contact.id });
    assert.deepEqual([made.success, made.errors], [true, []]);
    const read = await conn.sobject("Case").retrieve(made.id);
    assert.equal(read.Subject, "Zoë & co. 1/2");
    assert.equal(read.IsClosed, false);
    await conn.sobject("Case").update({ Id: made.id, Status: "Closed" });
    const closed = await conn.sobject("Case").retrieve(made.id, { fields: ["IsClosed", "ClosedDate"] });
    assert.equal(closed.IsClosed, true);
    assert.match(closed.ClosedDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$/);
    await conn.sobject("Case").destroy(made.id);
    await refused(conn.sobject("Case").update({ Id: made.id, Status: "New" }), "ENTITY_IS_DELETED");
    await refused(conn.sobject("Case").retrieve("500000000000zzzAAA"), "NOT_FOUND");
  },

  async "finds rows by its own queries"() {
    const found = await conn.sobject("Contact").find({ LastName: "O'Neil" }, ["Id", "Email"]).limit(5);
    assert.deepEqual(found.map(({ Email }) => Email), ["kim@example.com"]);
    const children = await conn
      .sobject("Contact")
      .select("Id, LastName")
      .include("Cases")
      .select("Id, Subject")
      .limit(3)
      .end()
      .where("Email != null");
    assert.equal(children[0].Cases, null);
    assert.equal((await conn.query("SELECT count() FROM Contact")).totalSize, 1);
  },

  async "upserts by external id"() {
    const upsert = (row) => conn.sobject("Contact").upsert(row, "Casewire_Customer__c");
    const key = "tel:+15550100100/?#% é";
    const made = await upsert({ Casewire_Customer__c: key, LastName: "One" });
    assert.equal(made.created, true);
    const changed = await upsert({ Casewire_Customer__c: key, LastName: "Two" });
    assert.deepEqual([changed.id, changed.created], [made.id, false]);
    for (const LastName of ["Three", "Four"]) {
      await conn.sobject("Contact").create({ LastName, Casewire_External_Id__c: "twins" });
    }
    const twins = { Casewire_External_Id__c: "twins", LastName: "Five" };
    await refused(conn.sobject("Contact").upsert(twins, "Casewire_External_Id__c"), "MULTIPLE_CHOICES");
    await refused(conn.sobject("Contact").upsert({ Fax: "1", LastName: "Six" }, "Fax"), "NOT_FOUND");
  },

  async "creates a list and pages through it"() {
    const rows = Array.from({ length: 450 }, (_, number) => ({ LastName: `Row ${number}` }));
    const made = await conn.sobject("Contact").create(rows, { allowRecursive: true });
    assert.ok(made.every(({ success }) => success));
    const pages = await conn.query("SELECT Id FROM Contact WHERE LastName LIKE 'Row %'", {
      autoFetch: true,
      headers: { "Sforce-Query-Options": "batchSize=200" },
    });
    assert.equal(new Set(pages.records.map(({ Id }) => Id)).size, 450);
    const mixed = await conn.sobject("Contact").create([{ LastName: "Fine" }, { FirstName: "No last name" }]);
    assert.deepEqual(mixed.map(({ success }) => success), [true, false]);
    assert.equal(mixed[1].errors[0].statusCode, "REQUIRED_FIELD_MISSING");
    const none = await conn.sobject("Contact").create([{ LastName: "Fine" }, {}], { allOrNone: true });
    assert.equal(none[0].errors[0].statusCode, "ALL_OR_NONE_OPERATION_ROLLED_BACK");
  },

  async "searches for a phone number"() {
    await conn.sobject("Contact").create({ LastName: "Dial", MobilePhone: "(555) 010-0177" });
    const { searchRecords } = await conn.search(
      "FIND {5550100177} IN PHONE FIELDS RETURNING Contact(Id, MobilePhone)",
    );
    assert.deepEqual(searchRecords.map(({ MobilePhone }) => MobilePhone), ["(555) 010-0177"]);
  },

  async "sends a composite that is rolled back whole"() {
    const path = "/services/data/v66.0/sobjects";
    const compositeRequest = [
      { method: "POST", referenceId: "customer", url: `${path}/Contact`, body: { LastName: "Half" } },
      { method: "POST", referenceId: "record", url: `${path}/Case`, body: { ContactId: "@{customer.id}" } },
      { method: "POST", referenceId: "wrong", url: `${path}/Case`, body: { Nothing__c: "1" } },
    ];
    const send = (parts) =>
      conn.requestPost("/composite", { allOrNone: true, collateSubrequests: false, compositeRequest: parts });
    const failed = (await send(compositeRequest)).compositeResponse;
    assert.deepEqual(
      failed.map(({ httpStatusCode, body: [{ errorCode }] }) => [httpStatusCode, errorCode]),
      [[400, "PROCESSING_HALTED"], [400, "PROCESSING_HALTED"], [400, "INVALID_FIELD"]],
    );
    assert.equal((await conn.query("SELECT Id FROM Contact WHERE LastName = 'Half'")).totalSize, 0);
    const done = (await send(compositeRequest.slice(0, 2))).compositeResponse;
    assert.deepEqual(done.map(({ httpStatusCode }) => httpStatusCode), [201, 201]);
  },

  async "makes a field and grants it"() {
    const Metadata = { type: "Text", label: "Region", length: 40, required: false };
    const made = await conn.tooling.sobject("CustomField").create({ FullName: "Case.Region__c", Metadata });
    assert.equal(made.success, true);
    const soql = "SELECT DeveloperName FROM CustomField WHERE TableEnumOrId = 'Case' AND DeveloperName = 'Region'";
    assert.equal((await conn.tooling.query(soql)).records.length, 1);
    await refused(conn.sobject("Case").create({ Region__c: "north" }), "INVALID_FIELD");
  },

  async "is told what is wrong with a query"() {
    await refused(conn.query("SELECT Id FROM"), "MALFORMED_QUERY");
    await refused(conn.query("SELECT Nothing__c FROM Case"), "INVALID_FIELD");
    await refused(conn.query("SELECT Id FROM Nothing__c"), "INVALID_TYPE");
    await refused(conn.request("/services/data/v66.0/nothing"), "NOT_FOUND");
  },
};

const conn = connect({});
for (const [name, step] of Object.entries(steps)) {
  console.log(name);
  await step();
}
console.log("all is well");
