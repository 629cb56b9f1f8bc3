//! What the org's statuses mean, read once.
//!
//! Source: Object Reference, "`CaseStatus`", "`OpportunityStage`" and "`TaskStatus`".

use casewire_core::{Error, ErrorKind, Result};

use crate::composite::{Answers, Composite, Rows};
use crate::config::{RecordObject, SalesforceConfig, SessionDataObject};
use crate::connector::Salesforce;
use crate::row::Row;

/// The statuses that are written.
pub(crate) struct OrgStatuses {
    /// What a re-opened record becomes, and a new one where there has to be a status.
    pub(crate) default_open: String,
    /// What the task of a session's note is: nothing to be done any more.
    pub(crate) done_task: String,
}

/// The query for the statuses of records.
pub(crate) fn of_records(object: RecordObject) -> &'static str {
    match object {
        RecordObject::Case => {
            "SELECT ApiName,IsClosed,IsDefault,SortOrder FROM CaseStatus ORDER BY SortOrder ASC"
        }
        RecordObject::Opportunity => {
            "SELECT ApiName,IsClosed,SortOrder FROM OpportunityStage WHERE IsActive = true ORDER BY SortOrder ASC"
        }
        RecordObject::Account | RecordObject::Contact | RecordObject::Lead => OF_TASKS,
    }
}

const OF_TASKS: &str =
    "SELECT ApiName,IsClosed,IsDefault,SortOrder FROM TaskStatus ORDER BY SortOrder ASC";

impl Salesforce {
    pub(crate) async fn statuses(&self) -> Result<&OrgStatuses> {
        self.statuses
            .get_or_try_init(|| async {
                let statuses = self.read_statuses().await;
                statuses.map_err(|error| error.context("reading the org's statuses"))
            })
            .await
    }

    /// The status of a task in which nothing is to be done; nothing where entries are no tasks.
    pub(crate) async fn done_task(&self) -> Result<&str> {
        match self.config.session_data.object {
            SessionDataObject::Activity => Ok(&self.statuses().await?.done_task),
            SessionDataObject::SessionEntry => Ok(""),
        }
    }

    async fn read_statuses(&self) -> Result<OrgStatuses> {
        let mut asked = Composite::apart(&self.version)
            .query("statuses", of_records(self.config.record_object));
        let wants_tasks = self.config.session_data.object == SessionDataObject::Activity;
        if wants_tasks {
            asked = asked.query("tasks", OF_TASKS);
        }
        let mut answers: Answers = self.api.read(asked.request()).await?;
        let statuses: Rows = answers.body("statuses")?;
        let done_task = match wants_tasks {
            true => {
                let tasks: Rows = answers.body("tasks")?;
                let mut closed = tasks.records.iter().filter(|row| row.is("IsClosed"));
                name(closed.next()).ok_or_else(|| lacking("no task status that is closed"))?
            }
            false => String::new(),
        };
        Ok(OrgStatuses {
            default_open: default_open(&self.config, &statuses.records)?,
            done_task,
        })
    }
}

/// The status that the config names, else the org's default if that is an open one, else the first open one.
fn default_open(config: &SalesforceConfig, statuses: &[Row]) -> Result<String> {
    let mut open = statuses.iter().filter(|row| !row.is("IsClosed"));
    if let Some(named) = &config.statuses.default_open {
        let is_open = open.any(|row| row.text("ApiName") == Some(named));
        return match is_open {
            true => Ok(named.clone()),
            false => Err(Error::new(
                ErrorKind::Config,
                format!("`statuses.default_open`: the org has no open status \"{named}\""),
            )),
        };
    }
    let default = open.clone().find(|row| row.is("IsDefault"));
    name(default.or_else(|| open.next())).ok_or_else(|| lacking("no open status for records"))
}

fn name(row: Option<&Row>) -> Option<String> {
    row?.text("ApiName").map(str::to_owned)
}

fn lacking(what: &str) -> Error {
    Error::new(
        ErrorKind::Config,
        format!("the org has {what}; check its set-up, and that Casewire's user may read it"),
    )
}
