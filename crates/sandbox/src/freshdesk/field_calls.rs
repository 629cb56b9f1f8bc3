use http::StatusCode;
use jiff::Timestamp;

use super::Freshdesk;
use super::call::{Call, ok};
use super::fields::Field;
use super::form::Form;
use super::options::FieldKind;
use super::problem::{FieldProblem, Problem};
use crate::answer::Answer;

impl Freshdesk {
    /// All fields at once: this list has no pages.
    pub(super) fn list_fields(&self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let kind = call.parameter("type");
        call.finish_query()?;
        let mut fields = self.stock_fields();
        fields.extend(self.fields.items(&self.options));
        fields.retain(|field| {
            let wanted = |kind: &String| field["type"] == kind.as_str();
            kind.as_ref().is_none_or(wanted)
        });
        Ok(ok(&fields.into()))
    }

    /// The custom fields as an administrator sees them.
    pub(super) fn list_admin_fields(&self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish_query()?;
        let fields = self.fields.all().iter();
        let fields: Vec<_> = fields
            .map(|field| field.shown_to_admin(&self.options))
            .collect();
        Ok(ok(&fields.into()))
    }

    pub(super) fn create_field(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish_query()?;
        let mut form = Form::read(call.request)?;
        let label = form.line("label");
        let label = form.required("label", label);
        let label_for_customers = form.line("label_for_customers");
        let label_for_customers = form.required("label_for_customers", label_for_customers);
        let kind = form.text_of("type", FieldKind::NAMES);
        let kind = form.required("type", kind);
        let customers_can_edit = form.flag("customers_can_edit").unwrap_or_default();
        let displayed_to_customers = form.flag("displayed_to_customers").unwrap_or_default();
        if self.fields.labelled(&label).is_some() {
            form.refuse(FieldProblem::duplicate("label", None));
        }
        form.finish()?;
        let kind = FieldKind::named(&kind)
            .ok_or_else(|| FieldProblem::none_of("type", FieldKind::NAMES))?;
        let field = Field {
            id: self.ids.next(),
            name: String::new(),
            label,
            label_for_customers,
            kind,
            customers_can_edit,
            displayed_to_customers,
            position: 0,
            created_at: call.now,
        };
        let field = self.fields.add(field, self.options.name_suffix);
        let shown = field.shown_to_admin(&self.options);
        Ok(Answer::json(StatusCode::CREATED, &shown))
    }

    /// The name of the custom field with this label, which is made when there is none.
    pub(super) fn ensure_field(&mut self, label: &str, kind: FieldKind, now: Timestamp) -> String {
        if let Some(field) = self.fields.labelled(label) {
            return field.name.clone();
        }
        let field = Field {
            id: self.ids.next(),
            name: String::new(),
            label: label.to_owned(),
            label_for_customers: label.to_owned(),
            kind,
            customers_can_edit: false,
            displayed_to_customers: false,
            position: 0,
            created_at: now,
        };
        let field = self.fields.add(field, self.options.name_suffix);
        field.name.clone()
    }
}
