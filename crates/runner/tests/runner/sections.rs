//! `[intake]`, `[store]` and `[[webhooks]]`.

use std::path::Path;

use casewire_runner::Config;

use crate::config::{read, refused};

#[test]
fn an_intake_that_others_reach_needs_a_secret() {
    refused(
        "[intake]\nlisten = \"0.0.0.0:8080\"\n",
        &[(
            2,
            10,
            "intake.listen",
            "need not be signed",
            "openssl rand -base64 32",
        )],
    );
    for secrets in ["secrets", "platform_secrets"] {
        let text = format!("[intake]\nlisten = \"0.0.0.0:80\"\n{secrets} = [{{ env = \"A\" }}]\n");
        assert!(read(&text).is_ok(), "{secrets}");
    }
    for listen in ["127.0.0.1:8080", "[::1]:8080"] {
        let text = format!("[intake]\nlisten = \"{listen}\"\n");
        assert!(read(&text).is_ok(), "{listen}");
    }
}

#[test]
fn a_webhook_has_an_address_that_keeps_its_message_and_a_secret() {
    let good = "[[webhooks]]\nurl = \"https://hooks.example.com/a\"\nsecret = { env = \"A\" }\n";
    assert_eq!(read(good).unwrap().webhooks.len(), 1);
    refused(
        &format!("{good}[[webhooks]]\nurl = \"http://hooks.example.com/b\"\nsecret = \"s3cret\"\n"),
        &[(
            6,
            10,
            "webhooks.secret",
            "where the secret is kept",
            "{ env = ",
        )],
    );
    refused(
        "[[webhooks]]\nurl = \"http://hooks.example.com/?key=s3cret\"\nsecret = { env = \"A\" }\n",
        &[(
            2,
            7,
            "webhooks.url",
            "this machine only: write `https://`",
            "posted to",
        )],
    );
    refused(
        "[[webhooks]]\nurl = \"https://hooks.example.com\"\n",
        &[(1, 1, "webhooks.secret", "missing", "signed with")],
    );
    refused(
        &format!("{good}{good}"),
        &[(4, 1, "webhooks.url", "same address", "keep one")],
    );
    refused(
        "[webhooks]\nurl = \"https://hooks.example.com\"\n",
        &[(1, 1, "webhooks", "not a list", "`[[webhooks]]`")],
    );
}

#[test]
fn the_store_is_beside_the_config_unless_named() {
    let path = |text: &str| {
        let config = Config::parse(Path::new("folder/casewire.toml"), text.as_bytes());
        config.unwrap().store_path()
    };
    assert_eq!(path(""), Path::new("folder/casewire.db"));
    assert_eq!(
        path("[store]\npath = \"other.db\"\n"),
        Path::new("other.db")
    );
}
