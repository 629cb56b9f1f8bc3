use super::schema::{Field, Kind, Picklist};

/// Who owns a row; the writer when nothing is sent.
pub(super) fn owner(to: &[&str]) -> Field {
    reference("OwnerId", "Owner ID", to)
        .related("Owner", "")
        .required()
}

pub(super) fn text(name: &str, label: &str, length: usize) -> Field {
    Field::new(name, label, Kind::Text(length))
}

pub(super) fn long_text(name: &str, label: &str, length: usize) -> Field {
    Field::new(name, label, Kind::LongText(length))
}

/// False when nothing is sent; never empty.
pub(super) fn boolean(name: &str, label: &str) -> Field {
    Field::new(name, label, Kind::Boolean)
        .required()
        .default(false)
}

pub(super) fn datetime(name: &str, label: &str) -> Field {
    Field::new(name, label, Kind::DateTime)
}

pub(super) fn reference(name: &str, label: &str, to: &[&str]) -> Field {
    let to = to.iter().map(|name| (*name).to_owned()).collect();
    Field::new(name, label, Kind::Reference(to))
}

pub(super) fn phone(name: &str, label: &str) -> Field {
    Field::new(name, label, Kind::Phone)
}

pub(super) fn email(name: &str, label: &str) -> Field {
    Field::new(name, label, Kind::Email)
}

/// A picklist that takes other values too.
pub(super) fn picklist(name: &str, label: &str, values: &[&str]) -> Field {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    let restricted = false;
    Field::new(name, label, Kind::Picklist(Picklist { values, restricted }))
}

/// A picklist that takes only its values.
pub(super) fn restricted(name: &str, label: &str, values: &[&str]) -> Field {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    let restricted = true;
    Field::new(name, label, Kind::Picklist(Picklist { values, restricted }))
}
