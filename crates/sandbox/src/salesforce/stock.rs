use super::fields::{
    boolean, datetime, email, long_text, owner, phone, picklist, reference, restricted, text,
};
use super::org::Org;
use super::schema::{Field, Kind, Object, Offers, Place, Schema};

/// The standard objects of an org, as far as the fake models them.
pub(super) fn schema(org: &Org) -> Schema {
    let mut schema = Schema::default();
    for object in [
        account(org),
        contact(org),
        lead(),
        case(org),
        case_comment(),
        opportunity(org),
        task(org),
        event(),
        user(),
        group(),
    ] {
        schema.add(object);
    }
    for object in super::stock_setup::objects() {
        schema.add(object);
    }
    schema
}

/// An object with the fields that all have.
pub(super) fn object(name: &str, label: &str, prefix: &str, own: Vec<Field>) -> Object {
    let mut fields = vec![
        Field::new("Id", &format!("{label} ID"), Kind::Id)
            .required()
            .read_only()
            .id_lookup(),
    ];
    fields.extend(own);
    fields.extend([
        boolean("IsDeleted", "Deleted").read_only(),
        datetime("CreatedDate", "Created Date").read_only(),
        reference("CreatedById", "Created By ID", &["User"])
            .related("CreatedBy", "")
            .read_only(),
        datetime("LastModifiedDate", "Last Modified Date").read_only(),
        reference("LastModifiedById", "Last Modified By ID", &["User"])
            .related("LastModifiedBy", "")
            .read_only(),
        datetime("SystemModstamp", "System Modstamp").read_only(),
    ]);
    Object {
        name: name.to_owned(),
        label: label.to_owned(),
        plural: plural(label),
        prefix: prefix.to_owned(),
        fields,
        place: Place::Data,
        offers: Offers::Everything,
    }
}

fn plural(label: &str) -> String {
    match label.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{label}s"),
    }
}

fn account(org: &Org) -> Object {
    let mut fields = vec![
        text("Name", "Account Name", 255).required(),
        picklist("Type", "Account Type", &["Prospect", "Customer", "Partner"]),
        phone("Phone", "Account Phone"),
        phone("Fax", "Account Fax"),
        Field::new("Website", "Website", Kind::Url),
        picklist("Industry", "Industry", &["Energy", "Finance", "Retail"]),
        text("AccountNumber", "Account Number", 40),
        long_text("Description", "Account Description", 32_000),
        reference("ParentId", "Parent Account ID", &["Account"]).related("Parent", "ChildAccounts"),
        owner(&["User"]),
    ];
    if org.person_accounts {
        fields.extend([
            text("FirstName", "First Name", 40),
            text("LastName", "Last Name", 80),
            reference("RecordTypeId", "Record Type ID", &["RecordType"]).related("RecordType", ""),
            boolean("IsPersonAccount", "Is Person Account").read_only(),
            reference("PersonContactId", "Person Contact ID", &["Contact"])
                .related("PersonContact", "")
                .read_only(),
            email("PersonEmail", "Person: Email").id_lookup(),
            phone("PersonMobilePhone", "Person: Mobile"),
            phone("PersonHomePhone", "Person: Home Phone"),
            phone("PersonOtherPhone", "Person: Other Phone"),
        ]);
    }
    object("Account", "Account", "001", fields)
}

fn contact(org: &Org) -> Object {
    let mut fields = vec![
        reference("AccountId", "Account ID", &["Account"]).related("Account", "Contacts"),
        text("FirstName", "First Name", 40),
        text("LastName", "Last Name", 80).required(),
        picklist("Salutation", "Salutation", &["Mr.", "Ms.", "Mx."]),
        text("Name", "Full Name", 121).read_only(),
        phone("Phone", "Business Phone"),
        phone("MobilePhone", "Mobile Phone"),
        phone("HomePhone", "Home Phone"),
        phone("OtherPhone", "Other Phone"),
        phone("AssistantPhone", "Asst. Phone"),
        phone("Fax", "Business Fax"),
        email("Email", "Email").id_lookup(),
        text("Title", "Title", 128),
        text("Department", "Department", 80),
        picklist(
            "LeadSource",
            "Lead Source",
            &["Web", "Phone Inquiry", "Other"],
        ),
        Field::new("Birthdate", "Birthdate", Kind::Date),
        long_text("Description", "Contact Description", 32_000),
        reference("ReportsToId", "Reports To ID", &["Contact"]).related("ReportsTo", ""),
        owner(&["User"]),
    ];
    if org.person_accounts {
        fields.push(boolean("IsPersonAccount", "Is Person Account").read_only());
    }
    object("Contact", "Contact", "003", fields)
}

fn lead() -> Object {
    let statuses = [
        "Open - Not Contacted",
        "Working - Contacted",
        "Closed - Converted",
        "Closed - Not Converted",
    ];
    let fields = vec![
        text("FirstName", "First Name", 40),
        text("LastName", "Last Name", 80).required(),
        text("Name", "Full Name", 121).read_only(),
        text("Company", "Company", 255).required(),
        text("Title", "Title", 128),
        phone("Phone", "Phone"),
        phone("MobilePhone", "Mobile Phone"),
        phone("Fax", "Fax"),
        email("Email", "Email").id_lookup(),
        picklist("Status", "Status", &statuses)
            .required()
            .default(statuses[0]),
        picklist(
            "LeadSource",
            "Lead Source",
            &["Web", "Phone Inquiry", "Other"],
        ),
        long_text("Description", "Description", 32_000),
        boolean("IsConverted", "Converted").read_only(),
        Field::new("ConvertedDate", "Converted Date", Kind::Date).read_only(),
        reference("ConvertedAccountId", "Converted Account ID", &["Account"])
            .related("ConvertedAccount", "")
            .read_only(),
        reference("ConvertedContactId", "Converted Contact ID", &["Contact"])
            .related("ConvertedContact", "")
            .read_only(),
        owner(&["Group", "User"]),
    ];
    object("Lead", "Lead", "00Q", fields)
}

fn case(org: &Org) -> Object {
    let statuses: Vec<_> = org
        .case_statuses
        .iter()
        .map(|status| status.name.as_str())
        .collect();
    let first = org.default_case_status();
    let fields = vec![
        text("CaseNumber", "Case Number", 30)
            .read_only()
            .required()
            .id_lookup(),
        reference("ContactId", "Contact ID", &["Contact"]).related("Contact", "Cases"),
        reference("AccountId", "Account ID", &["Account"]).related("Account", "Cases"),
        reference("ParentId", "Parent Case ID", &["Case"]).related("Parent", "Cases"),
        text("SuppliedName", "Name", 80),
        email("SuppliedEmail", "Email Address"),
        text("SuppliedPhone", "Phone", 40),
        text("SuppliedCompany", "Company", 80),
        picklist(
            "Type",
            "Case Type",
            &[
                "Mechanical",
                "Electrical",
                "Electronic",
                "Structural",
                "Other",
            ],
        ),
        reference("RecordTypeId", "Record Type ID", &["RecordType"]).related("RecordType", ""),
        picklist("Status", "Status", &statuses).default(first),
        picklist(
            "Reason",
            "Case Reason",
            &["Installation", "Performance", "Feedback", "Other"],
        ),
        picklist("Origin", "Case Origin", &["Phone", "Email", "Web"]),
        text("Subject", "Subject", 255),
        picklist("Priority", "Priority", &["High", "Medium", "Low"]).default("Medium"),
        long_text("Description", "Description", 32_000),
        boolean("IsClosed", "Closed").read_only(),
        datetime("ClosedDate", "Closed Date").read_only(),
        boolean("IsEscalated", "Escalated"),
        owner(&["Group", "User"]),
        email("ContactEmail", "Contact Email").formula("ContactId", "Email"),
        phone("ContactPhone", "Contact Phone").formula("ContactId", "Phone"),
        phone("ContactMobile", "Contact Mobile").formula("ContactId", "MobilePhone"),
        long_text("Comments", "Internal Comments", 4000),
    ];
    object("Case", "Case", "500", fields)
}

fn case_comment() -> Object {
    let fields = vec![
        reference("ParentId", "Parent Case ID", &["Case"])
            .related("Parent", "CaseComments")
            .create_only()
            .required(),
        boolean("IsPublished", "Published"),
        long_text("CommentBody", "Body", 4000),
    ];
    object("CaseComment", "Case Comment", "00a", fields)
}

fn opportunity(org: &Org) -> Object {
    let stages: Vec<_> = org
        .opportunity_stages
        .iter()
        .map(|stage| stage.name.as_str())
        .collect();
    let fields = vec![
        reference("AccountId", "Account ID", &["Account"]).related("Account", "Opportunities"),
        reference("ContactId", "Contact ID", &["Contact"])
            .related("Contact", "")
            .create_only(),
        text("Name", "Name", 120).required(),
        long_text("Description", "Description", 32_000),
        picklist("StageName", "Stage", &stages).required(),
        Field::new("Amount", "Amount", Kind::Double(16, 2)),
        Field::new("Probability", "Probability (%)", Kind::Double(3, 0)),
        Field::new("CloseDate", "Close Date", Kind::Date).required(),
        picklist(
            "Type",
            "Opportunity Type",
            &["New Customer", "Existing Customer"],
        ),
        text("NextStep", "Next Step", 255),
        picklist(
            "LeadSource",
            "Lead Source",
            &["Web", "Phone Inquiry", "Other"],
        ),
        boolean("IsClosed", "Closed").read_only(),
        boolean("IsWon", "Won").read_only(),
        datetime("LastStageChangeDate", "Last Stage Change Date").read_only(),
        reference("RecordTypeId", "Record Type ID", &["RecordType"]).related("RecordType", ""),
        owner(&["User"]),
    ];
    object("Opportunity", "Opportunity", "006", fields)
}

fn task(org: &Org) -> Object {
    let statuses: Vec<_> = org
        .task_statuses
        .iter()
        .map(|status| status.name.as_str())
        .collect();
    let mut fields = activity("Tasks");
    fields.extend([
        picklist("Status", "Status", &statuses)
            .required()
            .default(org.default_task_status()),
        picklist("Priority", "Priority", &["High", "Normal", "Low"])
            .required()
            .default("Normal"),
        Field::new("ActivityDate", "Due Date Only", Kind::Date),
        boolean("IsClosed", "Closed").read_only(),
        datetime("CompletedDateTime", "Completed Date").read_only(),
        restricted(
            "TaskSubtype",
            "Task Subtype",
            &["Task", "Email", "ListEmail", "Cadence", "Call", "LinkedIn"],
        )
        .default("Task")
        .create_only(),
        picklist(
            "CallType",
            "Call Type",
            &["Internal", "Inbound", "Outbound"],
        ),
        Field::new("CallDurationInSeconds", "Call Duration", Kind::Int),
        text("CallDisposition", "Call Result", 255),
        text("CallObject", "Call Object Identifier", 255),
        boolean("IsVisibleInSelfService", "Visible in Self-Service"),
        boolean("IsReminderSet", "Reminder Set"),
        datetime("ReminderDateTime", "Reminder Date/Time"),
        owner(&["Group", "User"]),
    ]);
    object("Task", "Task", "00T", fields)
}

fn event() -> Object {
    let mut fields = activity("Events");
    fields.extend([
        datetime("StartDateTime", "Start Date Time").required(),
        datetime("EndDateTime", "End Date Time").required(),
        owner(&["User"]),
    ]);
    object("Event", "Event", "00U", fields)
}

fn activity(children: &str) -> Vec<Field> {
    vec![
        reference("WhoId", "Name ID", &["Contact", "Lead"]).related("Who", children),
        reference(
            "WhatId",
            "Related To ID",
            &["Account", "Case", "Opportunity"],
        )
        .related("What", children),
        text("Subject", "Subject", 255),
        long_text("Description", "Description", 32_000),
        reference("AccountId", "Account ID", &["Account"])
            .related("Account", "")
            .read_only(),
    ]
}

fn user() -> Object {
    let fields = vec![
        text("Username", "Username", 80).required(),
        text("FirstName", "First Name", 40),
        text("LastName", "Last Name", 80).required(),
        text("Name", "Full Name", 121).read_only(),
        email("Email", "Email").required(),
        text("Alias", "Alias", 8),
        boolean("IsActive", "Active"),
        text("UserType", "User Type", 40).read_only(),
        text("TimeZoneSidKey", "Time Zone", 40),
    ];
    Object {
        offers: Offers::Reading,
        ..object("User", "User", "005", fields)
    }
}

fn group() -> Object {
    let fields = vec![
        text("Name", "Name", 40).required(),
        text("DeveloperName", "Developer Name", 80),
        restricted("Type", "Type", &["Queue", "Regular"]).required(),
        email("Email", "Email"),
    ];
    Object {
        offers: Offers::Reading,
        ..object("Group", "Group", "00G", fields)
    }
}
