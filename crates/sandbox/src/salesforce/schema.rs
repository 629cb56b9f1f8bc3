use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

/// The objects of an org and their fields; grows when an admin adds some.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema {
    objects: BTreeMap<String, Arc<Object>>,
    by_prefix: BTreeMap<String, String>,
    /// The objects that have a formula of this name.
    formulas: BTreeMap<String, Vec<String>>,
}

/// An object and its fields.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) plural: String,
    /// How its ids begin.
    pub(super) prefix: String,
    pub(super) fields: Vec<Field>,
    pub(super) place: Place,
    /// What anybody may do with its rows; permissions only take away.
    pub(super) offers: Offers,
}

/// Which part of the API knows an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Data,
    /// Both the data API and the Tooling API.
    DataAndTooling,
    Tooling,
}

/// What an object's rows can be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offers {
    /// Written by the API.
    Everything,
    /// Read by the API, written by admins.
    Reading,
}

/// A field as a describe shows it.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) kind: Kind,
    pub(super) createable: bool,
    pub(super) updateable: bool,
    pub(super) nillable: bool,
    pub(super) default: Option<Value>,
    pub(super) unique: bool,
    pub(super) external_id: bool,
    pub(super) id_lookup: bool,
    pub(super) case_sensitive: bool,
    /// Whether everybody sees it; otherwise a permission set has to grant it.
    pub(super) always_visible: bool,
    /// The name of the parent in a query's path.
    pub(super) relationship: Option<String>,
    /// The name of the children in the parent's subquery.
    pub(super) children: Option<String>,
    /// Read through a reference: the reference's name and the parent's field.
    pub(super) formula: Option<(&'static str, &'static str)>,
}

/// A field's type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Boolean,
    Date,
    DateTime,
    /// Digits before and after the point.
    Double(u32, u32),
    Email,
    Id,
    Int,
    /// With its length; more than 255 characters cannot be filtered.
    LongText(usize),
    Phone,
    Picklist(Picklist),
    /// To one of these objects.
    Reference(Vec<String>),
    Text(usize),
    Url,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Picklist {
    pub(super) values: Vec<String>,
    pub(super) restricted: bool,
}

impl Schema {
    pub(super) fn add(&mut self, object: Object) {
        self.by_prefix
            .insert(object.prefix.clone(), object.name.clone());
        for field in object.fields.iter().filter(|field| field.formula.is_some()) {
            let objects = self.formulas.entry(field.name.clone()).or_default();
            objects.push(object.name.clone());
        }
        self.objects.insert(object.name.clone(), Arc::new(object));
    }

    pub(super) fn object(&self, name: &str) -> Option<&Arc<Object>> {
        self.objects.get(name)
    }

    pub(super) fn object_mut(&mut self, name: &str) -> Option<&mut Object> {
        self.objects.get_mut(name).map(Arc::make_mut)
    }

    /// The object whose ids begin so.
    pub(super) fn with_prefix(&self, prefix: &str) -> Option<&Arc<Object>> {
        self.object(self.by_prefix.get(prefix)?)
    }

    /// The field if it is a formula: found fast, for it is asked of every empty field.
    pub(super) fn formula(&self, object: &str, field: &str) -> Option<&Field> {
        let objects = self.formulas.get(field)?;
        let known = objects.iter().any(|name| name == object);
        self.object(object).filter(|_| known)?.field(field)
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.objects.values()
    }
}

impl Object {
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub(super) fn is_custom(&self) -> bool {
        self.name.ends_with("__c")
    }

    pub(super) fn is_in_data(&self) -> bool {
        self.place != Place::Tooling
    }
}

impl Field {
    pub(super) fn new(name: &str, label: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            kind,
            createable: true,
            updateable: true,
            nillable: true,
            default: None,
            unique: false,
            external_id: false,
            id_lookup: false,
            case_sensitive: false,
            always_visible: true,
            relationship: None,
            children: None,
            formula: None,
        }
    }

    pub(super) fn is_custom(&self) -> bool {
        self.name.ends_with("__c")
    }

    pub(super) fn refers_to(&self, object: &str) -> bool {
        matches!(&self.kind, Kind::Reference(to) if to.iter().any(|name| name == object))
    }

    /// Whether rows can be found by its values fast.
    pub(super) fn is_indexed(&self) -> bool {
        self.unique
            || self.external_id
            || self.id_lookup
            || matches!(self.kind, Kind::Email | Kind::Phone | Kind::Reference(_))
    }

    /// Whether a row can be written by its value.
    pub(super) fn is_lookup(&self) -> bool {
        self.external_id || self.id_lookup
    }

    pub(super) fn filterable(&self) -> bool {
        !matches!(self.kind, Kind::LongText(length) if length > 255)
    }

    pub(super) fn length(&self) -> usize {
        match self.kind {
            Kind::Boolean | Kind::Date | Kind::DateTime | Kind::Double(..) | Kind::Int => 0,
            Kind::Email => 80,
            Kind::Id | Kind::Reference(_) => 18,
            Kind::LongText(length) | Kind::Text(length) => length,
            Kind::Phone => 40,
            Kind::Picklist(_) | Kind::Url => 255,
        }
    }

    pub(super) fn required(mut self) -> Self {
        self.nillable = false;
        self
    }

    /// Filled by the vendor only.
    pub(super) fn read_only(mut self) -> Self {
        self.createable = false;
        self.updateable = false;
        self
    }

    pub(super) fn create_only(mut self) -> Self {
        self.updateable = false;
        self
    }

    pub(super) fn default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    pub(super) fn id_lookup(mut self) -> Self {
        self.id_lookup = true;
        self
    }

    /// A reference's name in paths, and its own name among the parent's children.
    pub(super) fn related(mut self, relationship: &str, children: &str) -> Self {
        self.relationship = Some(relationship.to_owned());
        self.children = (!children.is_empty()).then(|| children.to_owned());
        self
    }

    pub(super) fn formula(mut self, reference: &'static str, field: &'static str) -> Self {
        self.formula = Some((reference, field));
        self.read_only()
    }
}
