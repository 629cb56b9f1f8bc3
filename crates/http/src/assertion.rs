//! Statements that a client signs about a user: JSON Web Tokens (RFC 7519) signed with RS256 (RFC 7518 section 3.3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casewire_core::{Error, ErrorKind, Result};
use jiff::{SignedDuration, Timestamp};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::RsaSigningKey;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::{Signer, SigningKey};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

/// How long a statement is valid. Some vendors refuse one that is valid for longer.
const LIFE: SignedDuration = SignedDuration::from_secs(180);

const HEADER: &[u8] = br#"{"alg":"RS256","typ":"JWT"}"#;

/// What is stated (RFC 7523 section 3).
#[derive(Serialize)]
pub(crate) struct Claims<'a> {
    #[serde(rename = "iss")]
    issuer: &'a str,
    #[serde(rename = "sub")]
    subject: &'a str,
    #[serde(rename = "aud")]
    audience: &'a str,
    /// In seconds since 1970.
    #[serde(rename = "exp")]
    expires_at: i64,
}

impl<'a> Claims<'a> {
    /// Valid from now on.
    pub(crate) fn new(issuer: &'a str, subject: &'a str, audience: &'a str) -> Self {
        Self {
            issuer,
            subject,
            audience,
            expires_at: (Timestamp::now() + LIFE).as_second(),
        }
    }

    /// The assertion in its compact form.
    pub(crate) fn sign(&self, signer: &dyn Signer) -> Result<String> {
        let claims = serde_json::to_vec(self).map_err(|_| unusable())?;
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(HEADER),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let signature = signer.sign(signed.as_bytes()).map_err(|_| unusable())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// What signs with the RSA key `pem`.
pub(crate) fn signer(pem: &SecretString) -> Result<Box<dyn Signer>> {
    // The errors underneath may quote a line of the key.
    let key =
        PrivateKeyDer::from_pem_slice(pem.expose_secret().as_bytes()).map_err(|_| unusable())?;
    let key = RsaSigningKey::new(&key).map_err(|_| unusable())?;
    key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])
        .ok_or_else(unusable)
}

fn unusable() -> Error {
    Error::new(
        ErrorKind::Config,
        "the private key in `auth` can not sign: put there the whole PEM text of an RSA key of 2048 to 4096 bits without a \
         passphrase, from `-----BEGIN` to the end of `-----END`, with its line breaks",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PKCS1: &str = include_str!("../tests/http/keys/pkcs1.pem");
    const PKCS8: &str = include_str!("../tests/http/keys/pkcs8.pem");

    #[test]
    fn both_forms_of_a_key_sign_as_another_program_does() {
        let claims = Claims {
            issuer: "casewire",
            subject: "kim@example.com",
            audience: "https://login.example.com",
            expires_at: 1_800_000_000,
        };
        // Signed by OpenSSL.
        let expected = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.\
             eyJpc3MiOiJjYXNld2lyZSIsInN1YiI6ImtpbUBleGFtcGxlLmNvbSIsImF1ZCI6Imh0dHBzOi8vbG9naW4uZX\
             hhbXBsZS5jb20iLCJleHAiOjE4MDAwMDAwMDB9.\
             GD2iA61ugymzarxLWlhEyeddhXkSCVcO8RNfrFS3fRDBSgnBGEkQ0H8ycmcs8WIC6GEsulP8fHArT7_xdX3W0r\
             4wpymWYPiaHRGk5FoGwDB1GPsqMlhosoAny6h51nbl52OX7oJxWMB4jqxSbUpR1lKOTna-OCQt76lpg6oEn5Wk\
             xXa4j_9FuabtLVXMnDucyMkd6oTDpN1eN62dwl25DlDqYX_1F0Q3Jf5I04Ef7gTOdWSTQVGq_2q7HD0hNFe9kK\
             nJLeNN2qz5uuOhL7J5sLCvHwz5Yw7OQMer04-x7QF3EUp1st6iKc3HCIPyfoM8gJ7VGi4ZWHafqtGKGT9FiQ";
        for pem in [PKCS1, PKCS8, PKCS8.trim()] {
            let signer = signer(&SecretString::from(pem)).unwrap();
            assert_eq!(claims.sign(&*signer).unwrap(), expected);
        }
    }

    #[test]
    fn a_key_that_can_not_sign_is_told_without_it() {
        let flat = PKCS8.replace('\n', " ");
        let cut = PKCS8.split_at(PKCS8.len() / 2).0;
        for pem in [
            "",
            "hidden",
            include_str!("../tests/http/keys/ec.pem"),
            include_str!("../tests/http/keys/encrypted.pem"),
            include_str!("../tests/http/keys/short.pem"),
            &flat,
            cut,
        ] {
            let Err(error) = signer(&SecretString::from(pem)) else {
                panic!("this key signs: {pem}");
            };
            assert_eq!(error.kind(), ErrorKind::Config);
            let shown = format!("{error} {error:?}");
            assert!(shown.contains("private key in `auth`"), "{shown}");
            for line in pem.lines().filter(|line| line.len() > 5) {
                assert!(!shown.contains(line), "{shown}");
            }
        }
    }
}
