//! Reads `[[webhooks]]`, and refuses an intake that anybody could write to.

use casewire_server::Endpoint;
use toml::de::{DeTable, DeValue};

use super::key::KeyPath;
use super::reader::{Reader, span_of};
use super::{Config, Problem, WebhookConfig};

impl Reader {
    pub(super) fn webhooks(&mut self, file: &DeTable<'_>) -> Vec<WebhookConfig> {
        let path = KeyPath::of(&["webhooks"]);
        let Some(value) = file.get("webhooks") else {
            return Vec::new();
        };
        let DeValue::Array(several) = value.get_ref() else {
            self.problems.push(Problem {
                message: "`webhooks` is not a list of tables".to_owned(),
                key: path.to_string(),
                span: value.span(),
                remedy: "write `[[webhooks]]` and the keys of each below it".to_owned(),
            });
            return Vec::new();
        };
        let mut webhooks: Vec<WebhookConfig> = Vec::new();
        for one in several.iter() {
            let Some(webhook) = self.section::<WebhookConfig>(&path, one) else {
                continue;
            };
            let has_url = |known: &WebhookConfig| known.url == webhook.url;
            if webhooks.iter().any(has_url) {
                self.refuse_second(&webhook.url, one.span());
            }
            webhooks.push(webhook);
        }
        webhooks
    }

    fn refuse_second(&mut self, url: &Endpoint, span: std::ops::Range<usize>) {
        self.problems.push(Problem {
            message: format!("two webhooks have the same address at {url}"),
            key: KeyPath::of(&["webhooks", "url"]).to_string(),
            span,
            remedy: "keep one of them".to_owned(),
        });
    }

    pub(super) fn refuse_open_intake(&mut self, config: &Config, file: &DeTable<'_>) {
        let Some(intake) = &config.intake else { return };
        let is_signed = !(intake.secrets.is_empty() && intake.platform_secrets.is_empty());
        if is_signed || intake.listen.ip().is_loopback() {
            return;
        }
        self.problems.push(Problem {
            message: "others than this machine reach the address, and events need not be signed"
                .to_owned(),
            key: KeyPath::of(&["intake", "listen"]).to_string(),
            span: span_of(file, &["intake", "listen"]).unwrap_or_default(),
            remedy: "make a secret with `openssl rand -base64 32` and name it in `secrets`, or listen on 127.0.0.1"
                .to_owned(),
        });
    }
}
