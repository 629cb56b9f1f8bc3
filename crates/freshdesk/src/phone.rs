//! Phone numbers in the notations that Freshdesk may hold them in.

use casewire_core::Phone;
use rlibphonenumber::{PhoneNumber, PhoneNumberFormat};
use schemars::JsonSchema;
use serde::Deserialize;

/// How an account's contacts have their numbers written. Freshdesk finds a number by its exact notation only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhoneFormat {
    /// `+12015550123`.
    E164,
    /// `+1 201 555 0123`.
    International,
    /// As written within the number's country: `(201) 555-0123`.
    National,
    /// The digits of that: `2015550123`.
    Local,
    /// The digits with the country's: `12015550123`.
    Digits,
}

impl PhoneFormat {
    /// `phone` in this notation.
    pub(crate) fn write(self, phone: &Phone) -> String {
        let e164 = || phone.as_str().to_owned();
        let formatted = |format| {
            let number: Option<PhoneNumber> = phone.as_str().parse().ok();
            number.map_or_else(e164, |number| number.format_as(format).into_owned())
        };
        match self {
            Self::E164 => e164(),
            // What stands between the groups differs by country.
            Self::International => formatted(PhoneNumberFormat::International).replace('-', " "),
            Self::National => formatted(PhoneNumberFormat::National),
            Self::Local => {
                let national = formatted(PhoneNumberFormat::National);
                national.chars().filter(char::is_ascii_digit).collect()
            }
            Self::Digits => phone.digits().to_owned(),
        }
    }
}

/// `phone` in each of `formats`, once, and in E.164 at last: so contacts are written that Casewire makes.
pub(crate) fn notations(phone: &Phone, formats: &[PhoneFormat]) -> Vec<String> {
    let mut notations = Vec::new();
    for format in formats.iter().chain(&[PhoneFormat::E164]) {
        let notation = format.write(phone);
        if !notations.contains(&notation) {
            notations.push(notation);
        }
    }
    notations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_in_every_notation() {
        let formats = [
            PhoneFormat::National,
            PhoneFormat::Local,
            PhoneFormat::International,
            PhoneFormat::Digits,
            PhoneFormat::National,
        ];
        let written = |phone| notations(&Phone::parse(phone).unwrap(), &formats);
        assert_eq!(
            written("+12015550123"),
            [
                "(201) 555-0123",
                "2015550123",
                "+1 201 555 0123",
                "12015550123",
                "+12015550123"
            ]
        );
        assert_eq!(
            written("+442079460958"),
            [
                "020 7946 0958",
                "02079460958",
                "+44 20 7946 0958",
                "442079460958",
                "+442079460958"
            ]
        );
    }

    #[test]
    fn a_contact_in_any_notation_is_the_same_person() {
        let phone = Phone::parse("+12015550123").unwrap();
        let formats = [PhoneFormat::National, PhoneFormat::International];
        for notation in notations(&phone, &formats) {
            assert!(phone.is_written(&notation), "{notation}");
        }
    }
}
